import { describe, test } from "node:test";

/** Makes a fresh subject for one case. One that is `AsyncDisposable` or `Disposable` is disposed of afterwards. */
export type OpenSubject<Subject> = () => Subject | Promise<Subject>;

/** Cases by the behaviour that they require. Each gets a subject of its own. */
export type ConformanceCases<Subject> = Readonly<Record<string, (subject: Subject) => void | Promise<void>>>;

/** What every driver of a port must do, as tests that any driver can be put to. */
export interface ConformanceSuite<Subject> {
  /** The port. */
  readonly name: string;
  /** The behaviours. */
  readonly behaviours: readonly string[];
  /**
   * Declares a test for each behaviour, under `node:test`.
   *
   * @param driver names the driver in the report
   */
  run(driver: string, open: OpenSubject<Subject>): void;
}

/**
 * Declares a conformance suite: one list of behaviours for every driver of a port, the ones that users write included.
 *
 * @param name the port
 * @example
 * export const clocks = defineConformanceSuite<Clock>("clock", {
 *   "does not go back": (clock) => assert.ok(clock.monotonic() <= clock.monotonic()),
 * });
 * clocks.run("fake", () => createFakeClock());
 */
export function defineConformanceSuite<Subject>(name: string, cases: ConformanceCases<Subject>): ConformanceSuite<Subject> {
  return Object.freeze({
    name,
    behaviours: Object.freeze(Object.keys(cases)),
    run(driver: string, open: OpenSubject<Subject>): void {
      describe(`${name}: ${driver}`, () => {
        for (const [behaviour, check] of Object.entries(cases)) {
          test(behaviour, async () => {
            const subject = await open();
            try {
              await check(subject);
            } finally {
              await dispose(subject);
            }
          });
        }
      });
    },
  });
}

async function dispose(subject: unknown): Promise<void> {
  const { [Symbol.asyncDispose]: later, [Symbol.dispose]: now } = (subject ?? {}) as Partial<AsyncDisposable & Disposable>;
  if (later !== undefined) await later.call(subject as AsyncDisposable);
  else now?.call(subject as Disposable);
}
