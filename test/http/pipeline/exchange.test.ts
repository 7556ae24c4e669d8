import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { requestStarted, type RequestStarted } from "#src/http/channels";
import { LiveExchange, type Plan, type Transport } from "#src/http/pipeline/exchange";
import { IncomingRequest, toHeaderMap } from "#src/http/pipeline/incoming";
import { route } from "#src/http/route";
import { reply } from "#src/http/reply";
import { createFakeClock } from "#src/testing/fake-clock";
import { createApp, createRecordingLog, jsonInit, watchFinished } from "../support.ts";
import { z } from "zod";

const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";

function createExchange(headers: readonly string[] = [], path = "/exchange-test"): LiveExchange {
  const request = new IncomingRequest({
    id: "1",
    method: "GET",
    url: `${path}?token=x`,
    headers: toHeaderMap(headers),
    address: "::1",
    scheme: "http",
    host: "localhost",
    bodyLength: 0,
  });
  request.route = path;
  return new LiveExchange({
    request,
    plan: { path, index: 0, deadlines: null } as unknown as Plan,
    params: {},
    transport: { bytesRead: 0 } as unknown as Transport,
    services: {
      clock: createFakeClock(),
      log: createRecordingLog().log,
      activity: { started() {}, finished() {}, entered() {}, left() {} },
      live: null as never, // nothing here stays open
      handler: Symbol("test"),
      cutting: false,
    },
  });
}

describe("an exchange's signal", () => {
  it("is aborted when the server cuts it off, with another reason", () => {
    const exchange = createExchange();
    exchange.services.cutting = true;
    exchange.clientLeft();
    assert.equal((exchange.signal.reason as { code?: string }).code, "E_HTTP_CUT_OFF");
    assert.equal(exchange.errorCode, "E_HTTP_CUT_OFF");
  });

  it("is aborted when the client leaves, with the reason", () => {
    const exchange = createExchange();
    const { signal } = exchange;
    assert.equal(signal, exchange.signal);
    assert.equal(signal.aborted, false);
    exchange.clientLeft();
    assert.equal(signal.aborted, true);
    assert.equal((signal.reason as Error).name, "AbortError");
  });

  it("is aborted from the start when it is first asked for afterwards", () => {
    const exchange = createExchange();
    exchange.clientLeft();
    assert.equal((exchange.signal.reason as Error).name, "AbortError");
  });

  it("is left alone by an exchange that ended well", () => {
    const exchange = createExchange();
    exchange.finish(200, 0);
    exchange.clientLeft();
    assert.equal(exchange.signal.aborted, false);
  });
});

describe("an exchange's end", () => {
  it("is announced once, whoever says it again", (t) => {
    const { seen } = watchFinished(t, "/exchange-test");
    const exchange = createExchange(["User-Agent", "test/1", "traceparent", `00-${TRACE_ID}-b7ad6b7169203331-01`]);
    exchange.principal = { id: "u1" };
    exchange.finish(201, 12);
    exchange.finish(500, 0);
    exchange.clientLeft();
    assert.equal(seen.length, 1);
    assert.deepEqual(seen[0], {
      handler: exchange.services.handler,
      requestId: "1",
      traceId: TRACE_ID,
      spanId: exchange.spanId,
      method: "GET",
      route: "/exchange-test",
      path: "/exchange-test",
      status: 201,
      endedAt: 1_000,
      durationMs: 0,
      bytesIn: 0,
      bytesOut: 12,
      address: "::1",
      principal: "u1",
      userAgent: "test/1",
      outcome: "ok",
      errorCode: undefined,
    });
  });

  it("has an outcome", (t) => {
    const { seen } = watchFinished(t, "/exchange-test");
    const ends: readonly (readonly [number, string | undefined])[] = [[200, undefined], [304, undefined], [404, "E_X"], [500, "E_X"], [503, "E_HTTP_DEADLINE_EXCEEDED"], [408, "E_HTTP_REQUEST_TIMEOUT"], [200, "E_HTTP_INTERNAL"]]; // prettier-ignore
    for (const [status, errorCode] of ends) {
      const exchange = createExchange();
      exchange.errorCode = errorCode;
      exchange.finish(status, 0);
    }
    createExchange().clientLeft();
    assert.deepEqual(
      seen.map((one) => one.outcome),
      ["ok", "ok", "client_error", "server_error", "timeout", "timeout", "server_error", "aborted"],
    );
    assert.equal(seen.at(-1)?.status, 499);
  });

  it("names a principal by its text id only", (t) => {
    const { seen } = watchFinished(t, "/exchange-test");
    for (const principal of [undefined, null, "text", 1, {}, { id: 7 }, { id: { toString: () => "x" } }, { id: "ok" }]) {
      const exchange = createExchange();
      exchange.principal = principal;
      exchange.finish(200, 0);
    }
    assert.deepEqual(
      seen.map((one) => one.principal),
      [...Array.from({ length: 7 }, () => undefined), "ok"],
    );
  });

  it("is announced with what went in and out, and never with the query", async (t) => {
    const finished = watchFinished(t, "/count/:id");
    const app = await createApp([
      route.post("/count/:id", { auth: "public", body: z.object({ a: z.string() }) }, () => ({ ok: true })),
    ]);
    const answer = await app.fetch("/count/7?token=secret", jsonInit('{"a":"é"}'));
    const seen = await finished.next();
    assert.deepEqual([seen.path, seen.bytesIn, seen.bytesOut], ["/count/7", 10, 11]);
    assert.equal(seen.requestId, answer.headers.get("x-request-id"));
    assert.doesNotMatch(JSON.stringify(seen), /secret/);
  });
});

describe("an exchange's start", () => {
  it("is announced with its route's template, empty where none matched", async (t) => {
    const seen: RequestStarted[] = [];
    t.after(
      requestStarted.subscribe(({ method, route: template }) => void seen.push({ method, route: template } as RequestStarted)),
    );
    const app = await createApp([route.get("/start/:id", { auth: "public" }, () => 1)]);
    await app.fetch("/start/1");
    await app.fetch("/elsewhere", { method: "DELETE" });
    assert.deepEqual(seen, [
      { method: "GET", route: "/start/:id" },
      { method: "DELETE", route: "" },
    ]);
  });
});

describe("an exchange's cookies", () => {
  it("are parsed once, inherit nothing, and the first of a name wins", () => {
    const exchange = createExchange(["Cookie", "a=1; b=2; a=3; __proto__=x; constructor=y"]);
    assert.equal(exchange.cookies, exchange.cookies);
    assert.deepEqual(Object.entries(exchange.cookies), [
      ["a", "1"],
      ["b", "2"],
      ["__proto__", "x"],
      ["constructor", "y"],
    ]);
    assert.equal(exchange.cookies["toString"], undefined);
    assert.deepEqual(Object.keys(createExchange().cookies), []);
  });

  it("reach the handler", async () => {
    const app = await createApp([route.get("/a", { auth: "public" }, ({ cookies }) => cookies["session"])]);
    assert.equal(await (await app.fetch("/a", { headers: { cookie: "session=s1; x=y" } })).json(), "s1");
  });
});

describe("an exchange's nonce", () => {
  it("stays the same for one answer, turns the page policy on, and is new for the next", async () => {
    const app = await createApp([
      route.get("/page", { auth: "public" }, (c) => reply.html(`<script nonce="${c.nonce}${c.nonce === c.nonce ? "" : "!"}">`)),
      route.get("/plain", { auth: "public" }, () => 1),
    ]);
    const nonces = new Set<string>();
    for (let count = 0; count < 3; count++) {
      const page = await app.fetch("/page");
      const nonce = /nonce="([^"]+)"/.exec(await page.text())?.[1] as string;
      assert.ok(page.headers.get("content-security-policy")?.includes(`'nonce-${nonce}'`));
      nonces.add(nonce);
    }
    assert.equal(nonces.size, 3);
    assert.match((await app.fetch("/plain")).headers.get("content-security-policy") ?? "", /default-src 'none'/);
  });
});

describe("what is to be done at the end of an exchange", () => {
  it("is done once, in order, however it ends", () => {
    for (const end of [
      (exchange: LiveExchange) => exchange.finish(200, 0),
      (exchange: LiveExchange) => exchange.clientLeft(),
      (exchange: LiveExchange) => exchange.breakOff(200, new Error("disk")),
    ]) {
      const exchange = createExchange();
      const done: number[] = [];
      for (const task of [1, 2, 3]) exchange.atEnd(() => void done.push(task));
      assert.deepEqual(done, []);
      end(exchange);
      exchange.finish(200, 0);
      assert.deepEqual(done, [1, 2, 3]);
    }
  });

  it("is done at once when the end has passed", () => {
    const exchange = createExchange();
    exchange.clientLeft();
    let done = false;
    exchange.atEnd(() => {
      done = true;
    });
    assert.equal(done, true);
  });
});
