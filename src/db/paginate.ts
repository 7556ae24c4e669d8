import { createHmac, timingSafeEqual } from "node:crypto";
import { type Expression, type SelectQueryBuilder, type SqlBool, type StringReference, sql } from "kysely";
import { type Secret, isPlinthError, isSecret } from "../core/mod.ts";
import type { Database } from "./contract.ts";
import { errors } from "./errors.ts";

/** One column that a list is ordered by. */
export interface PageOrder<Column extends string> {
  /** As in `orderBy` of a query: `"created_at"` or `"files.created_at"`. Never null in any row. Written in code, never taken from a request. */
  readonly column: Column;
  /** Default `"asc"`. */
  readonly direction?: "asc" | "desc";
}

export interface PageOptions<Column extends string> {
  /** The last one must make the order total, as the primary key does: else rows could be skipped. */
  readonly orderBy: readonly PageOrder<Column>[];
  /** How many items at most, from 1 to 1000. */
  readonly limit: number;
  /** `nextCursor` of the page before. */
  readonly cursor?: string | undefined;
  /** Signs cursors, so that callers can make none of their own. Without it, damage is still noticed. */
  readonly key?: string | Secret;
}

export interface Page<Item> {
  readonly items: Item[];
  /** For the page that follows; null at the end. */
  readonly nextCursor: string | null;
}

type Position = readonly (string | number)[];

const LIMIT = 1_000;
const MAC_BYTES = 12;
/** What exact times are called while they travel with a row. */
const EXACT = "plinth_exact_";

/**
 * Reads one page of a list by its keys: the page a thousand pages on costs as much as the first, and none is skipped or seen twice while rows
 * come and go. The query must select the columns that it is ordered by, under their own names.
 *
 * @throws E_DB_CURSOR_INVALID (400) for a cursor that is not of this list; E_DB_PAGE_INVALID
 * @example
 * const page = await paginate(db, db.query.selectFrom("files").select(["id", "name", "created_at"]), {
 *   orderBy: [{ column: "created_at", direction: "desc" }, { column: "id" }],
 *   limit: 20,
 *   cursor,
 * });
 */
export async function paginate<Schema, Tables extends keyof Schema, Item>(
  db: Pick<Database<never>, "dialect">,
  query: SelectQueryBuilder<Schema, Tables, Item>,
  options: PageOptions<StringReference<Schema, Tables> & string>,
): Promise<Page<Item>> {
  const { orderBy, limit, cursor } = options;
  if (orderBy.length === 0) throw errors.PAGE_INVALID({ reason: "it has no order" });
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT) {
    throw errors.PAGE_INVALID({ reason: `its limit is ${limit}, which is no whole number from 1 to ${LIMIT}` });
  }
  const signing: Signing = { ...options, tables: JSON.stringify(query.toOperationNode().from) };
  let page = query;
  if (cursor !== undefined) page = page.where(isAfter(orderBy, readCursor(cursor, signing)));
  for (const { column, direction } of orderBy) page = page.orderBy(sql.ref(column), direction ?? "asc");
  const exact = db.dialect === "sqlite" ? [] : orderBy;
  const rows = await withExactTimes(page, exact, db.dialect)
    .limit(limit + 1)
    .execute()
    .catch((error: unknown) => {
      // A position of another type than its column, which only who has no `key` lets anybody make. Without one the query itself is at fault.
      const isForged = cursor !== undefined && isPlinthError(error, errors.QUERY_FAILED.code);
      throw isForged ? errors.CURSOR_INVALID({}, { cause: error }) : error;
    });
  const items = rows.slice(0, limit) as (Item & Record<string, unknown>)[];
  const last = items.at(-1);
  const nextCursor = rows.length > limit && last !== undefined ? writeCursor(positionOf(last, orderBy), signing) : null;
  for (const item of items) for (const index of exact.keys()) delete item[`${EXACT}${index}`];
  return { items, nextCursor };
}

/** A `Date` holds milliseconds, columns hold microseconds: a cursor made from it would skip what lies between. So times come as text, too. */
function withExactTimes<Schema, Tables extends keyof Schema, Item>(
  query: SelectQueryBuilder<Schema, Tables, Item>,
  orderBy: readonly PageOrder<string>[],
  dialect: Database<never>["dialect"],
): SelectQueryBuilder<Schema, Tables, Item> {
  const type = dialect === "postgres" ? sql`text` : sql`char`;
  return orderBy.reduce(
    (longer, { column }, index) =>
      longer.select(sql<string>`cast(${sql.ref(column)} as ${type})`.as(`${EXACT}${index}`)) as unknown as typeof longer,
    query,
  );
}

/**
 * The rows after a position: `a > x or (a = x and (b > y or …))`. The first column is bounded a second time by itself, which is what lets every
 * engine start in the middle of an index.
 */
function isAfter(orderBy: readonly PageOrder<string>[], position: Position): Expression<SqlBool> {
  const after = orderBy.reduceRight<Expression<SqlBool> | undefined>((rest, { column, direction }, index) => {
    const [reference, value] = [sql.ref(column), position[index]];
    const beyond = direction === "desc" ? sql<SqlBool>`${reference} < ${value}` : sql<SqlBool>`${reference} > ${value}`;
    return rest === undefined ? beyond : sql<SqlBool>`(${beyond} or (${reference} = ${value} and ${rest}))`;
  }, undefined) as Expression<SqlBool>;
  const first = orderBy[0] as PageOrder<string>;
  const bound = sql.raw(first.direction === "desc" ? "<=" : ">=");
  return sql<SqlBool>`(${sql.ref(first.column)} ${bound} ${position[0]} and ${after})`;
}

function positionOf(row: Record<string, unknown>, orderBy: readonly PageOrder<string>[]): Position {
  return orderBy.map(({ column }, index) => {
    const name = column.slice(column.lastIndexOf(".") + 1);
    const value = row[name] instanceof Date ? row[`${EXACT}${index}`] : row[name];
    if (typeof value === "string" || typeof value === "number") return value;
    const reason = value === undefined ? "the query does not select it" : "it is neither text, number nor time";
    throw errors.PAGE_INVALID({ reason: `it is ordered by "${column}", but ${value === null ? "that may be null" : reason}` });
  });
}

/** What a cursor is signed by and for. */
interface Signing extends PageOptions<string> {
  /** What the query reads from. */
  readonly tables: string;
}

function writeCursor(position: Position, options: Signing): string {
  const payload = Buffer.from(JSON.stringify(position));
  return Buffer.concat([sign(payload, options), payload]).toString("base64url");
}

function readCursor(cursor: string, options: Signing): Position {
  const bytes = Buffer.from(cursor, "base64url");
  const [mac, payload] = [bytes.subarray(0, MAC_BYTES), bytes.subarray(MAC_BYTES)];
  // Two spellings of one cursor are one too many: what is decoded leniently is compared strictly.
  const isIntact =
    bytes.toString("base64url") === cursor && mac.length === MAC_BYTES && timingSafeEqual(mac, sign(payload, options));
  if (!isIntact) throw errors.CURSOR_INVALID({});
  try {
    const position: unknown = JSON.parse(payload.toString());
    if (isPosition(position, options.orderBy.length)) return position;
  } catch (cause) {
    throw errors.CURSOR_INVALID({}, { cause });
  }
  throw errors.CURSOR_INVALID({});
}

function isPosition(value: unknown, length: number): value is Position {
  return Array.isArray(value) && value.length === length && value.every((part) => ["string", "number"].includes(typeof part));
}

/** Over tables and order too: a cursor of another list, or of this one before it was changed, does not fit. */
function sign(payload: Buffer, { key = "", orderBy, tables }: Signing): Buffer {
  const order = orderBy.map(({ column, direction = "asc" }) => `${column} ${direction}`).join(",");
  const mac = createHmac("sha256", isSecret(key) ? key.reveal() : key);
  return mac.update(`plinth cursor\0${tables}\0${order}\0`).update(payload).digest().subarray(0, MAC_BYTES);
}
