import type { QueryResult } from "kysely";
import type { DatabaseDriver, DriverConnection, DriverFailure, FailureKind } from "#src/db/contract";

/** An error that a fake driver classifies by its message. */
export class EngineError extends Error {
  readonly failure: DriverFailure;

  constructor(kind: FailureKind, endsTransaction = false) {
    super(`engine says ${kind}`);
    this.failure = { kind, endsTransaction };
  }
}

/** A driver that does what a test tells it to. */
export interface FakeDriver extends DatabaseDriver {
  /** What connections were asked to do, in order. */
  readonly calls: string[];
  /** Called before each statement, `begin`, `commit` and `rollback`; throws or waits in its place. */
  before: (call: string) => void | Promise<void>;
  /** Rejects whatever runs at the moment. */
  fail(error: Error): void;
  /** Every connection has broken, unasked. */
  breakConnections(): void;
  /** What `cancel` does. Default: the statement fails as cancelled. */
  onCancel: () => void | Promise<void>;
}

export function createFakeDriver(): FakeDriver {
  const calls: string[] = [];
  const states: { broken: boolean }[] = [];
  let running: ((error: Error) => void) | undefined;
  const driver: FakeDriver = {
    dialect: "sqlite",
    target: "fake",
    singleWriter: false,
    separateReaders: false,
    isRead: () => false,
    calls,
    before: () => undefined,
    fail: (error) => running?.(error),
    breakConnections: () => {
      for (const state of states) state.broken = true;
    },
    onCancel: () => driver.fail(new EngineError("cancelled")),
    classify: (error) => (error instanceof EngineError ? error.failure : { kind: "other" }),
    connect: async () => createConnection(),
  };
  const perform = async (call: string): Promise<void> => {
    calls.push(call);
    const { promise, reject } = Promise.withResolvers<never>();
    running = reject;
    promise.catch(() => undefined);
    await Promise.race([driver.before(call), promise]);
    running = undefined;
  };
  const createConnection = (): DriverConnection => {
    const state = { broken: false, inTransaction: false };
    states.push(state);
    return {
      get broken() {
        return state.broken;
      },
      get inTransaction() {
        return state.inTransaction;
      },
      async execute(sql): Promise<QueryResult<unknown>> {
        await perform(sql);
        return { rows: [] };
      },
      async *stream(sql) {
        await perform(sql);
        yield [1];
      },
      async begin() {
        await perform("begin");
        state.inTransaction = true;
      },
      async commit() {
        await perform("commit");
        state.inTransaction = false;
      },
      async rollback() {
        await perform("rollback");
        state.inTransaction = false;
      },
      async cancel() {
        calls.push("cancel");
        await driver.onCancel();
      },
      async close() {
        calls.push("close");
      },
      destroy() {
        if (!state.broken) calls.push("destroy");
        state.broken = true;
        driver.fail(new EngineError("lost", true));
      },
    };
  };
  return driver;
}
