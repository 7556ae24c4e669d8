import assert from "node:assert/strict";
import { type TestContext, it } from "node:test";
import { isDeepStrictEqual } from "node:util";
import type { EngineName } from "#src/testing/services/contract";
import { findService } from "#src/testing/services/find-service";
import { type TestServer, startServer } from "#src/testing/test-server";
import { type OpenStore, openStore } from "../stores.ts";

const APP = new URL("../../support/apps/idempotent-orders.ts", import.meta.url);

interface Seen {
  readonly status: number;
  readonly id: string | undefined;
  readonly code: string | undefined;
  readonly replayed: boolean;
}

async function post(server: TestServer, path: string, key: string, body: string): Promise<Seen> {
  const type = path === "/orders" ? "application/json" : "application/octet-stream";
  const headers = { "content-type": type, "x-user": "ada", "idempotency-key": key };
  const answer = await fetch(new URL(path, server.url), { method: "POST", body, headers });
  const { id, code } = (await answer.json()) as { readonly id?: string; readonly code?: string };
  return { status: answer.status, id, code, replayed: answer.headers.get("idempotent-replayed") === "true" };
}

const order = (server: TestServer, key: string, item = "tea"): Promise<Seen> =>
  post(server, "/orders", key, JSON.stringify({ item }));

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 30_000;
  while (!(await condition())) {
    assert.ok(performance.now() < end, `in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Sends a request that will have no answer. */
function abandon(server: TestServer, path: string, key: string, body: string): void {
  post(server, path, key, body).then(
    () => assert.fail("it was answered"),
    () => undefined,
  );
}

async function countOf({ db }: OpenStore, item: string): Promise<number> {
  return (await db.query.selectFrom("orders").select("id").where("item", "=", item).execute()).length;
}

async function keysOf({ db }: OpenStore, done: boolean): Promise<number> {
  const keys = db.query.selectFrom("idempotency_keys" as "orders").select("id");
  return (await keys.where("status" as "id", done ? "is not" : "is", null as never).execute()).length;
}

async function runOnce(store: OpenStore, servers: readonly TestServer[]): Promise<void> {
  const seen = await Promise.all(
    Array.from({ length: 50 }, (_, index) => order(servers[index % servers.length] as TestServer, "fifty")),
  );
  assert.equal(await countOf(store, "tea"), 1);
  const answered = seen.filter(({ status }) => status === 201);
  const refused = seen.filter(({ status }) => status !== 201).map(({ code }) => code);
  assert.deepEqual(
    refused,
    Array.from(refused, () => "E_IDEMPOTENCY_IN_FLIGHT"),
  );
  assert.equal(new Set(answered.map(({ id }) => id)).size, 1);
  assert.equal(answered.filter(({ replayed }) => !replayed).length, 1);
  assert.equal((await order(servers[0] as TestServer, "fifty")).replayed, true);
}

async function surviveDeath(store: OpenStore, dying: TestServer, other: TestServer): Promise<void> {
  const before = await keysOf(store, true);
  abandon(dying, "/orders", "committed", JSON.stringify({ item: "hangs after the commit" }));
  abandon(dying, "/uploads", "streamed", "hangs after an upload");
  await until("both are committed", async () => (await keysOf(store, true)) === before + 2);
  if (store.db.dialect !== "sqlite") {
    abandon(dying, "/orders", "begun", JSON.stringify({ item: "hangs before the commit" }));
    await until("it has claimed its key", async () => (await keysOf(store, false)) === 1);
    assert.equal((await order(other, "begun", "hangs before the commit")).status, 409);
  }
  await dying.kill();

  // The data are there, and so is the answer that nobody got.
  const again = await order(other, "committed", "hangs after the commit");
  assert.equal(again.status, 201);
  assert.equal(again.replayed, true);
  assert.equal(await countOf(store, "hangs after the commit"), 1);
  const upload = await post(other, "/uploads", "streamed", "hangs after an upload");
  assert.equal(upload.replayed, true);
  assert.equal(await countOf(store, "hangs after an upload"), 1);
  assert.equal((await post(other, "/uploads", "streamed", "something else")).status, 422);
}

/** What died before its commit has left nothing, and may run again once its lease has run out. */
async function startOver(store: OpenStore, other: TestServer): Promise<void> {
  const ownerOf = async (): Promise<unknown> => {
    const claims = store.db.query.selectFrom("idempotency_keys" as "orders").select("owner" as "id");
    return claims.where("status" as "id", "is", null as never).executeTakeFirst();
  };
  assert.equal(await countOf(store, "hangs before the commit"), 0);
  const dead = await ownerOf();
  await until("it was taken over", async () => {
    // Refused until the lease has run out; then it hangs again, until its server stops.
    order(other, "begun", "hangs before the commit").catch(() => undefined);
    return !isDeepStrictEqual(await ownerOf(), dead);
  });
}

async function run(t: TestContext, engine: EngineName): Promise<void> {
  const { missing } = engine === "sqlite" ? {} : await findService(engine);
  if (missing !== undefined) return t.skip(missing);
  await using store = await openStore(engine);
  // A request that hangs is not waited for at the end.
  const env = { ORDERS_URL: store.url, SHUTDOWN_TIMEOUT: "1s" };
  const start = (): Promise<TestServer> => startServer({ app: APP, threads: 2, env });
  await using dying = await start();
  await using other = await start();
  await runOnce(store, [dying, other]);
  await surviveDeath(store, dying, other);
  if (engine !== "sqlite") await startOver(store, other);
}

for (const engine of ["sqlite", "postgres", "mysql"] as const) {
  const name = `runs once over two processes of two threads, also when one is killed (${engine})`;
  void it(name, { timeout: 120_000 }, (t) => run(t, engine));
}
