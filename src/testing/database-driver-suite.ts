import { type ConformanceSuite, defineConformanceSuite } from "./conformance-suite.ts";
import { failureCases } from "./database-driver/failure-cases.ts";
import { poolCases } from "./database-driver/pool-cases.ts";
import { statementCases } from "./database-driver/statement-cases.ts";
import { streamCases } from "./database-driver/stream-cases.ts";
import type { DatabaseDriverSubject } from "./database-driver/subject.ts";
import { transactionCases } from "./database-driver/transaction-cases.ts";

export type { DatabaseDriverSubject } from "./database-driver/subject.ts";

/**
 * What every `DatabaseDriver` does, seen through the room: values, errors, transactions, streams, pools.
 *
 * @example
 * databaseDriverSuite.run("mine", () => ({ driver: createMyDriver(url) }));
 */
export const databaseDriverSuite: ConformanceSuite<DatabaseDriverSubject> = defineConformanceSuite<DatabaseDriverSubject>(
  "database driver",
  { ...statementCases, ...failureCases, ...transactionCases, ...streamCases, ...poolCases },
);
