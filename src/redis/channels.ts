import { type Channel, openTypedChannel } from "../core/mod.ts";
import type { RedisState } from "./contract.ts";

/** A command has ended, one way or another. */
export interface CommandFinished {
  /** The command's first word in capitals, or `script <name>`. Never its arguments. */
  readonly name: string;
  /** Milliseconds from the call to its end. */
  readonly ms: number;
  readonly error: Error | undefined;
}

export const commandFinished: Channel<CommandFinished> = openTypedChannel("plinth:redis:command-finished");

/** The connection for commands came or went. */
export interface StateChanged {
  /** Host, port and database. */
  readonly server: string;
  readonly state: RedisState;
  /** Why it went. */
  readonly error: Error | undefined;
}

export const stateChanged: Channel<StateChanged> = openTypedChannel("plinth:redis:state-changed");
