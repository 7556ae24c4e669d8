import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PlinthError, currentContext, defineErrors } from "#src/core/mod";
import { type Activity } from "#src/http/pipeline/exchange";
import { bodyStream, route } from "#src/http/route";
import { reply } from "#src/http/reply";
import { createFakeClock } from "#src/testing/fake-clock";
import { createApp, gate, problemOf, watchFinished } from "../support.ts";

const teapots = defineErrors<{ EMPTY: { pot: string } }>("tea", {
  EMPTY: { status: 418, title: "Empty", message: (d) => `Pot ${d.pot} is empty.` },
});

/** Throws what it is given, in every way a handler can. */
const ways: Readonly<Record<string, (thrown: unknown) => () => unknown>> = {
  synchronously: (thrown) => () => {
    throw thrown;
  },
  asynchronously: (thrown) => async () => {
    await Promise.resolve();
    throw thrown;
  },
  "as a rejection": (thrown) => () => {
    const { promise, reject } = Promise.withResolvers();
    reject(thrown);
    return promise;
  },
};

const hostileGetter = Object.defineProperty(new Error("x"), "name", {
  get: () => {
    throw new Error("gotcha");
  },
});
const hostileProxy = new Proxy(new Error("x"), {
  get: () => {
    throw new Error("gotcha");
  },
  getPrototypeOf: () => {
    throw new Error("gotcha");
  },
});
const plinthError = (change: object): PlinthError => Object.assign(teapots.EMPTY({ pot: "1" }), change);

describe("an error", () => {
  for (const [way, throwing] of Object.entries(ways)) {
    it(`thrown ${way} with a status is answered as a problem`, async () => {
      const extras = { headers: { "retry-after": "5" }, faults: [{ in: "pot", pointer: "/lid", detail: "open" }] };
      const app = await createApp([route.get("/a", { auth: "public" }, throwing(teapots.EMPTY({ pot: "7" }, extras)))]);
      const answer = await app.fetch("/a?secret=1");
      assert.equal(answer.status, 418);
      assert.equal(answer.headers.get("content-type"), "application/problem+json");
      assert.equal(answer.headers.get("retry-after"), "5");
      assert.deepEqual(await answer.json(), {
        type: "about:blank",
        title: "Empty",
        status: 418,
        detail: "Pot 7 is empty.",
        instance: "/a",
        code: "E_TEA_EMPTY",
        requestId: answer.headers.get("x-request-id"),
        errors: [{ in: "pot", pointer: "/lid", detail: "open" }],
      });
      assert.equal(app.lines.length, 0);
    });

    it(`that nobody foresaw, thrown ${way}, is logged whole, and only its id goes out`, async () => {
      const error = new Error("password hunter2", { cause: new Error("deep") });
      const app = await createApp([route.get("/a", { auth: "public" }, throwing(error))]);
      const answer = await app.fetch("/a");
      assert.equal(answer.status, 500);
      const text = await answer.text();
      assert.doesNotMatch(text, /hunter2|deep|run\.test|at /);
      assert.equal((JSON.parse(text) as { code: string }).code, "E_HTTP_INTERNAL");
      assert.ok(text.includes(answer.headers.get("x-request-id") as string));
      assert.equal(app.lines.length, 1);
      assert.equal(app.lines[0]?.fields.error, error);
      assert.equal(app.lines[0]?.fields.route, "/a");
    });

    for (const thrown of [
      undefined,
      null,
      "text",
      0,
      42n,
      Symbol("s"),
      {},
      [],
      { status: 200 },
      { status: 404, name: "PlinthError" },
      Object.create(null),
      hostileGetter,
      hostileProxy,
    ]) {
      it(`that is ${describeValue(thrown)}, thrown ${way}, is a 500`, async () => {
        const app = await createApp([route.get("/a", { auth: "public" }, throwing(thrown))]);
        const answer = await app.fetch("/a");
        assert.equal(answer.status, 500);
        assert.equal((await problemOf(answer)).code, "E_HTTP_INTERNAL");
        assert.equal(app.lines.length, 1);
      });
    }
  }

  const unsendable: Readonly<Record<string, object>> = {
    "a status that is no error": { status: 200 },
    "a status out of range": { status: 42 },
    "a status that is no number": { status: "404" },
    "a status of NaN": { status: Number.NaN },
    "a header with a line end": { headers: { "x-a": "b\r\nset-cookie: c=d" } },
    "faults that JSON cannot say": { faults: [{ in: "x", pointer: "", detail: 1n }] },
  };
  for (const [what, change] of Object.entries(unsendable)) {
    it(`with ${what} is a 500`, async () => {
      const app = await createApp([route.get("/a", { auth: "public" }, () => Promise.reject(plinthError(change)))]);
      const answer = await app.fetch("/a");
      assert.equal(answer.status, 500);
      assert.equal(answer.headers.get("set-cookie"), null);
      assert.equal((await problemOf(answer)).code, "E_HTTP_INTERNAL");
      assert.equal(app.lines.length, 1);
    });
  }

  it("without a status keeps its code for the log and the metrics, not for the caller", async (t) => {
    const finished = watchFinished(t, "/inside");
    const inside = new PlinthError({ code: "E_TEA_LEAK", title: "Leak", message: "in the cellar" });
    const app = await createApp([route.get("/inside", { auth: "public" }, () => Promise.reject(inside))]);
    assert.equal((await problemOf(await app.fetch("/inside"))).code, "E_HTTP_INTERNAL");
    assert.equal((await finished.next()).errorCode, "E_TEA_LEAK");
  });

  it("closes the stream that was to be sent", async () => {
    const { opened, open } = gate();
    const source = new ReadableStream<Uint8Array>({ cancel: open });
    const app = await createApp([
      route.get("/a", { auth: "public" }, () => reply.stream(source, { headers: { "x-a": "b\nc" } })),
    ]);
    assert.equal((await app.fetch("/a")).status, 500);
    await opened;
  });
});

describe("a deadline", () => {
  it("that passes is a 503, aborts the signal, and what comes later is ignored", async (t) => {
    const finished = watchFinished(t, "/slow");
    const clock = createFakeClock();
    const result = gate<string>();
    const started = gate<AbortSignal>();
    const app = await createApp(
      [route.get("/slow", { auth: "public", deadline: "2s" }, ({ signal }) => (started.open(signal), result.opened))],
      { clock },
    );
    const answering = app.fetch("/slow");
    const signal = await started.opened;
    clock.advance(1_999);
    assert.equal(signal.aborted, false);
    clock.advance(1);
    const answer = await answering;
    assert.equal(answer.status, 503);
    assert.equal((await problemOf(answer)).code, "E_HTTP_DEADLINE_EXCEEDED");
    assert.equal(signal.aborted, true);
    assert.equal((signal.reason as PlinthError).code, "E_HTTP_DEADLINE_EXCEEDED");
    const seen = await finished.next();
    assert.deepEqual([seen.outcome, seen.status, seen.durationMs], ["timeout", 503, 2_000]);
    result.open("late");
    await result.opened;
    assert.equal(finished.seen.length, 1);
    assert.equal(app.lines.length, 0);
  });

  it("runs from the start, through every step", async () => {
    const clock = createFakeClock();
    const identified = gate<string>();
    const asked = gate();
    const auth = { scheme: "t", challenge: "T", identify: () => (asked.open(), identified.opened) };
    const app = await createApp([route.get("/a", { auth, deadline: "2s" }, () => assert.fail("ran"))], { clock });
    const answering = app.fetch("/a");
    await asked.opened;
    clock.advance(2_000);
    assert.equal((await answering).status, 503);
    identified.open("me");
    await identified.opened;
  });

  it("lets a handler fail late: an abort is quiet, anything else is logged", async () => {
    const clock = createFakeClock();
    const started = gate<AbortSignal>();
    const late = gate();
    const app = await createApp(
      [
        route.get("/abort", { auth: "public", deadline: "2s" }, ({ signal }) => {
          const { promise, reject } = Promise.withResolvers();
          signal.addEventListener("abort", () => reject(signal.reason as Error));
          started.open(signal);
          return promise;
        }),
        route.get("/fail", { auth: "public", deadline: "2s" }, async () => {
          await late.opened;
          throw new Error("late");
        }),
      ],
      { clock },
    );
    const first = app.fetch("/abort");
    const second = app.fetch("/fail");
    await started.opened;
    clock.advance(2_000);
    assert.deepEqual([(await first).status, (await second).status], [503, 503]);
    assert.equal(app.lines.length, 0);
    late.open();
    await new Promise(setImmediate);
    assert.deepEqual(
      app.lines.map((line) => [line.level, (line.fields.error as Error).message]),
      [["warn", "late"]],
    );
  });

  it("CVE-2023-26108: closes a stream that comes too late", async () => {
    const clock = createFakeClock();
    const { opened: closed, open } = gate();
    const result = gate<ReturnType<typeof reply.stream>>();
    const app = await createApp([route.get("/a", { auth: "public", deadline: "2s" }, () => result.opened)], { clock });
    const answering = app.fetch("/a");
    clock.advance(2_000);
    assert.equal((await answering).status, 503);
    result.open(reply.stream(new ReadableStream<Uint8Array>({ cancel: open })));
    await closed;
  });

  it("CVE-2023-26108: closes a stream that comes the moment it has passed", async () => {
    const clock = createFakeClock();
    const { opened: closed, open } = gate();
    const app = await createApp(
      [
        route.get("/a", { auth: "public", deadline: "2s" }, () => {
          clock.advance(2_000);
          return reply.stream(new ReadableStream<Uint8Array>({ cancel: open }));
        }),
      ],
      { clock },
    );
    assert.equal((await app.fetch("/a")).status, 503);
    await closed;
  });

  it("that passes after the answer aborts nothing", async () => {
    const clock = createFakeClock();
    const started = gate<AbortSignal>();
    const app = await createApp([route.get("/a", { auth: "public", deadline: "2s" }, ({ signal }) => started.open(signal))], {
      clock,
    });
    assert.equal((await app.fetch("/a")).status, 204);
    clock.advance(2_000);
    assert.equal((await started.opened).aborted, false);
  });

  it("is over once a stream has begun", async () => {
    const clock = createFakeClock();
    const more = gate();
    const app = await createApp(
      [
        route.get("/a", { auth: "public", deadline: "2s" }, ({ signal }) =>
          reply.stream(
            (async function* () {
              yield "a";
              await more.opened;
              yield signal.aborted ? "aborted" : "b";
            })(),
          ),
        ),
      ],
      { clock },
    );
    const answer = await app.fetch("/a");
    clock.advance(60_000);
    more.open();
    assert.equal(await answer.text(), "ab");
  });

  it("is 30 seconds by default, none where it is 0 or the body is a stream", async () => {
    const never = new Promise(() => {});
    const clock = createFakeClock();
    const app = await createApp(
      [
        route.get("/default", { auth: "public" }, () => never),
        route.get("/none", { auth: "public", deadline: "0s" }, () => never),
        route.post("/stream", { auth: "public", body: bodyStream() }, () => never),
      ],
      { clock },
    );
    const answering = app.fetch("/default");
    for (const [path, method] of [
      ["/none", "GET"],
      ["/stream", "POST"],
    ] as const) {
      app.fetch(path, { method }).then(
        () => assert.fail("answered"),
        () => assert.fail("failed"),
      );
    }
    clock.advance(29_999);
    clock.advance(1);
    assert.equal((await answering).status, 503);
    clock.advance(1e9);
    assert.equal(clock.pending, 0);
    assert.deepEqual(
      app.handler.routes.map((one) => one.deadline),
      ["30s", "0s", "0s"],
    );
  });

  it("leaves nothing behind after ordinary answers", async () => {
    const clock = createFakeClock();
    const app = await createApp([route.get("/a", { auth: "public" }, () => 1)], { clock });
    for (let count = 0; count < 10; count++) await app.fetch("/a");
    clock.advance(30_000);
    assert.equal(clock.pending, 0);
  });
});

describe("a run", () => {
  it("gives its context to everything that it calls", async () => {
    const app = await createApp([
      route.get("/c/:id", { auth: "public" }, async ({ request }) => {
        await Promise.resolve();
        const context = currentContext();
        return { same: context?.id === request.id, operation: context?.operation, trace: context?.traceId };
      }),
    ]);
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const answer = await app.fetch("/c/1", { headers: { traceparent } });
    assert.deepEqual(await answer.json(), { same: true, operation: "/c/:id", trace: "0af7651916cd43dd8448eb211c80319c" });
  });

  it("says which plan the thread is in, and leaves it before it waits", async () => {
    const said: string[] = [];
    const activity: Activity = {
      started: (plan) => void said.push(`started ${plan}`),
      finished: (plan) => void said.push(`finished ${plan}`),
      entered: (plan) => void said.push(`entered ${plan}`),
      left: () => void said.push("left"),
    };
    const app = await createApp(
      [
        route.get("/sync", { auth: "public" }, () => void said.push("handle")),
        route.get("/async", { auth: "public" }, async () => {
          await Promise.resolve();
          said.push("handle");
        }),
        route.get("/throw", { auth: "public" }, () => Promise.reject(teapots.EMPTY({ pot: "1" }))),
      ],
      { activity },
    );
    await app.fetch("/sync");
    assert.deepEqual(said.splice(0), ["started 0", "entered 0", "handle", "finished 0", "left"]);
    await app.fetch("/async");
    assert.deepEqual(said.splice(0), ["started 1", "entered 1", "left", "handle", "entered 1", "finished 1", "left"]);
    await app.fetch("/throw");
    assert.deepEqual(said.splice(0), ["started 2", "entered 2", "left", "finished 2"]);
    await app.fetch("/nowhere");
    assert.deepEqual(said.splice(0), ["started 3", "entered 3", "finished 3", "left"]);
  });
});

function describeValue(value: unknown): string {
  if (value === hostileGetter) return "an error whose name throws";
  if (value === hostileProxy) return "a proxy that throws";
  if (typeof value === "symbol" || typeof value === "bigint") return typeof value;
  return value === undefined
    ? "undefined"
    : JSON.stringify(value) + (value !== null && Object.getPrototypeOf(value) === null ? " without a prototype" : "");
}
