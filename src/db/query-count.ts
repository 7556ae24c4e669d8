import { AsyncLocalStorage } from "node:async_hooks";
import { queryFinished } from "./channels.ts";
import { errors } from "./errors.ts";

/** What ran while a function did. */
export interface QueryCount<Result> {
  readonly result: Result;
  /** Texts of the statements, in the order of their ends. Those that only begin and end transactions are not among them. */
  readonly statements: readonly string[];
}

const CONTROL = /^(?:begin|commit|rollback|savepoint|release)\b/;
const counting = new AsyncLocalStorage<string[]>();

/**
 * Counts the statements that a function runs, in whatever it calls and awaits. What runs beside it is not counted.
 *
 * @example
 * const { statements } = await countQueries(() => listFiles(db));
 */
export async function countQueries<Result>(run: () => Promise<Result>): Promise<QueryCount<Result>> {
  const statements: string[] = [];
  const outer = counting.getStore();
  const unsubscribe = queryFinished.subscribe(({ sql }) => {
    if (counting.getStore() === statements && !CONTROL.test(sql)) statements.push(sql);
  });
  try {
    const result = await counting.run(statements, run);
    outer?.push(...statements);
    return { result, statements };
  } finally {
    unsubscribe();
  }
}

/**
 * For tests: fails when a function runs more statements than it may, and shows them. Catches the loop with a query in it.
 *
 * @throws E_DB_QUERY_BUDGET
 * @example
 * const page = await expectQueries(2, () => app.get("/files"));
 */
export async function expectQueries<Result>(max: number, run: () => Promise<Result>): Promise<Result> {
  const { result, statements } = await countQueries(run);
  if (statements.length > max) throw errors.QUERY_BUDGET({ max, count: statements.length, statements });
  return result;
}
