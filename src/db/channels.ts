import { type Channel, openTypedChannel } from "../core/mod.ts";
import type { DatabaseDialect, PoolState } from "./contract.ts";

/** A statement has ended, well or badly. */
export interface QueryFinished {
  /** The service's name. */
  readonly database: string;
  readonly dialect: DatabaseDialect;
  /** The statement's text. Values are never in it. */
  readonly sql: string;
  /** From handing it to the driver until its end. */
  readonly milliseconds: number;
  /** Rows returned or affected. */
  readonly rows: number;
  /** Code of the error it ended with. */
  readonly errorCode: string | undefined;
  /** Id of the request or job that ran it. */
  readonly requestId: string | undefined;
}

/** The connections of one pool, announced whenever their number or the number of those who wait changes. */
export interface PoolChanged extends PoolState {
  readonly database: string;
  /** `primary`, `readers` or `replica-1` and on. */
  readonly pool: string;
}

export const queryFinished: Channel<QueryFinished> = openTypedChannel("plinth:db:query-finished");
export const poolChanged: Channel<PoolChanged> = openTypedChannel("plinth:db:pool-changed");
