import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type ErrorCatalogue, defineErrors } from "#src/core/error";
import { describeApi } from "#src/http/openapi/describe-api";
import { type IdempotencyDecided, idempotencyDecided } from "#src/idempotency/channels";
import { createMemoryIdempotencyStore } from "#src/idempotency/memory-store";
import { reply } from "#src/http/reply";
import { bodyStream, group, route } from "#src/http/route";
import { createFakeClock } from "#src/testing/fake-clock";
import { createApp, problemOf } from "../http/support.ts";
import { anything, byHeader, createOrders, memoryRule, order } from "./support.ts";

const errors: ErrorCatalogue<{ TAKEN: object; BUSY: object; BROKEN: object }> = defineErrors("orders", {
  TAKEN: { status: 409, title: "Taken", message: () => "Somebody has it." },
  BUSY: { status: 429, title: "Busy", message: () => "Later." },
  BROKEN: { status: 503, title: "Broken", message: () => "It does not work." },
});

/** A handler that counts its runs. */
function counting(answer: (run: number) => unknown): { readonly runs: () => number; readonly handler: () => unknown } {
  let runs = 0;
  return { runs: () => runs, handler: () => answer(++runs) };
}

async function codeOf(answer: Response): Promise<string> {
  return `${answer.status} ${(await problemOf(answer)).code}`;
}

/** All of an answer but what tells attempts apart. */
async function seen(answer: Response): Promise<unknown> {
  const headers = [...answer.headers].filter(([name]) => name !== "x-request-id" && name !== "idempotent-replayed");
  return { status: answer.status, headers, body: Buffer.from(await answer.arrayBuffer()).toString("hex") };
}

describe("an idempotent route", () => {
  it("runs once and answers every attempt alike", async () => {
    const { runs, handler } = counting((run) =>
      reply.created({ run }, { location: `/orders/${run}`, headers: { "x-note": "kept" } }),
    );
    const app = await createOrders(handler);
    const first = await app.fetch("/orders", order('"k"'));
    const second = await app.fetch("/orders", order('"k"'));
    assert.equal(runs(), 1);
    for (const answer of [first, second]) {
      assert.equal(answer.status, 201);
      assert.equal(answer.headers.get("location"), "/orders/1");
      assert.equal(answer.headers.get("x-note"), "kept");
      assert.equal(answer.headers.get("content-type"), "application/json; charset=utf-8");
    }
    assert.equal(await first.text(), await second.text());
    assert.equal(first.headers.get("idempotent-replayed"), null);
    assert.equal(second.headers.get("idempotent-replayed"), "true");
    assert.notEqual(first.headers.get("x-request-id"), second.headers.get("x-request-id"));
  });

  it("takes a bare key for the same as a quoted one", async () => {
    const { runs, handler } = counting((run) => ({ run }));
    const app = await createOrders(handler);
    await app.fetch("/orders", order('"k"'));
    assert.deepEqual(await (await app.fetch("/orders", order("k"))).json(), { run: 1 });
    assert.equal(runs(), 1);
  });

  it("runs for each key", async () => {
    const { runs, handler } = counting((run) => ({ run }));
    const app = await createOrders(handler);
    for (const key of ["a", "b", "c"]) await app.fetch("/orders", order(key));
    assert.equal(runs(), 3);
  });

  it("refuses a request without a key, unless keys are optional", async () => {
    const { runs, handler } = counting((run) => ({ run }));
    const strict = await createOrders(handler);
    assert.equal(await codeOf(await strict.fetch("/orders", order(null))), "400 E_IDEMPOTENCY_KEY_MISSING");
    assert.equal(runs(), 0);
    const lenient = await createOrders(handler, memoryRule({ required: false }));
    await lenient.fetch("/orders", order(null));
    await lenient.fetch("/orders", order(null));
    assert.equal(runs(), 2);
    await lenient.fetch("/orders", order("k"));
    await lenient.fetch("/orders", order("k"));
    assert.equal(runs(), 3);
  });

  it("refuses a malformed key, required or not", async () => {
    const { runs, handler } = counting((run) => ({ run }));
    for (const required of [true, false]) {
      const app = await createOrders(handler, memoryRule({ required }));
      assert.equal(await codeOf(await app.fetch("/orders", order('"a", "b"'))), "400 E_IDEMPOTENCY_KEY_MALFORMED");
    }
    assert.equal(runs(), 0);
  });

  it("answers 409 with Retry-After while the first attempt runs, and its answer afterwards", async () => {
    const gate = Promise.withResolvers<void>();
    const { runs, handler } = counting(async (run) => {
      await gate.promise;
      return { run };
    });
    const app = await createOrders(handler);
    const first = app.fetch("/orders", order("k"));
    const early = await app.fetch("/orders", order("k"));
    assert.equal(early.headers.get("retry-after"), "1");
    assert.equal(await codeOf(early), "409 E_IDEMPOTENCY_IN_FLIGHT");
    gate.resolve();
    assert.deepEqual(await (await first).json(), { run: 1 });
    assert.deepEqual(await (await app.fetch("/orders", order("k"))).json(), { run: 1 });
    assert.equal(runs(), 1);
  });

  it("runs once for fifty attempts at one time", async () => {
    const { runs, handler } = counting(async (run) => {
      await new Promise(setImmediate);
      return { run };
    });
    const app = await createOrders(handler);
    const answers = await Promise.all(Array.from({ length: 50 }, () => app.fetch("/orders", order("k"))));
    assert.equal(runs(), 1);
    for (const answer of answers) {
      if (answer.status === 200) assert.deepEqual(await answer.json(), { run: 1 });
      else assert.equal(answer.status, 409);
    }
    assert.ok(answers.some(({ status }) => status === 200));
  });

  const DIFFERENT: Readonly<Record<string, readonly [path: string, init: RequestInit]>> = {
    body: ["/orders", order("k", { item: "coffee" })],
    "spelling of the body": ["/orders", order("k", '{ "item": "tea" }')],
    query: ["/orders?x=1", order("k")],
    "media type": ["/orders", order("k", { item: "tea" }, { "content-type": "application/vnd.order+json" })],
    condition: ["/orders", order("k", { item: "tea" }, { "if-match": '"v1"' })],
  };
  for (const [what, [path, init]] of Object.entries(DIFFERENT)) {
    it(`answers 422 to the same key with another ${what}`, async () => {
      const { runs, handler } = counting((run) => ({ run }));
      const app = await createOrders(handler);
      await app.fetch("/orders", order("k"));
      assert.equal(await codeOf(await app.fetch(path, init)), "422 E_IDEMPOTENCY_KEY_REUSED");
      assert.equal(runs(), 1);
      assert.equal((await app.fetch("/orders", order("k"))).status, 200);
    });
  }

  it("keeps callers apart", async () => {
    const app = await createApp([
      route.post("/orders", { auth: byHeader, body: anything, idempotency: memoryRule() }, ({ principal }) => ({
        of: principal.id,
      })),
    ]);
    for (const user of ["ada", "bob", "ada", "bob"]) {
      const answer = await app.fetch("/orders", order("k", { item: "tea" }, { "x-user": user }));
      assert.deepEqual(await answer.json(), { of: user });
    }
  });

  it("keeps routes of one rule apart, and methods, and versions", async () => {
    const idempotency = memoryRule();
    const contract = { auth: byHeader, body: anything, idempotency };
    const app = await createApp(
      [
        route.post("/orders", { ...contract, version: "1" }, () => ({ at: "v1" })),
        route.post("/orders", { ...contract, version: "2" }, () => ({ at: "v2" })),
        route.patch("/orders", contract, () => ({ at: "patch" })),
        route.post("/carts", contract, () => ({ at: "carts" })),
      ],
      { versions: { default: "1" } },
    );
    const at = async (path: string, init: RequestInit): Promise<unknown> => (await app.fetch(path, init)).json();
    assert.deepEqual(await at("/orders", order("k")), { at: "v1" });
    assert.deepEqual(await at("/orders", order("k", { item: "tea" }, { "api-version": "2" })), { at: "v2" });
    assert.deepEqual(await at("/orders", { ...order("k"), method: "PATCH" }), { at: "patch" });
    assert.deepEqual(await at("/carts", order("k")), { at: "carts" });
  });

  it("keeps what the handler refuses, thrown or returned", async () => {
    for (const refuse of [
      () => {
        throw errors.TAKEN({});
      },
      () => reply.json(409, { code: "E_ORDERS_TAKEN" }),
    ]) {
      const { runs, handler } = counting(refuse);
      const app = await createOrders(handler);
      const first = await app.fetch("/orders", order("k"));
      const second = await app.fetch("/orders", order("k"));
      assert.equal(await codeOf(first), "409 E_ORDERS_TAKEN");
      assert.equal(await codeOf(second), "409 E_ORDERS_TAKEN");
      assert.equal(second.headers.get("idempotent-replayed"), "true");
      assert.equal(runs(), 1);
    }
  });

  it("answers a kept problem as the problem of the request that asks again", async () => {
    const app = await createOrders(() => {
      throw errors.TAKEN({});
    });
    await app.fetch("/orders", order("k"));
    const again = await app.fetch("/orders", order("k"));
    assert.equal((await problemOf(again)).requestId, again.headers.get("x-request-id"));
  });

  const TRIED_AGAIN: Readonly<Record<string, () => unknown>> = {
    "a failure that is thrown": () => {
      throw errors.BROKEN({});
    },
    "a failure that is returned": () => reply.json(503, {}),
    "an error that nobody foresaw": () => {
      throw new TypeError("oops");
    },
    "a refusal for the moment": () => {
      throw errors.BUSY({});
    },
  };
  for (const [what, fail] of Object.entries(TRIED_AGAIN)) {
    it(`runs again after ${what}`, async () => {
      const { runs, handler } = counting((run) => (run === 1 ? fail() : { run }));
      const app = await createOrders(handler);
      assert.ok((await app.fetch("/orders", order("k"))).status >= 429);
      assert.deepEqual(await (await app.fetch("/orders", order("k"))).json(), { run: 2 });
      assert.equal(runs(), 2);
    });
  }

  it("does not use up a key for what is refused before the handler", async () => {
    const { runs, handler } = counting((run) => ({ run }));
    const app = await createOrders(handler);
    assert.equal((await app.fetch("/orders", order("k", "{ broken"))).status, 400);
    assert.equal((await app.fetch("/orders", order("k"))).status, 200);
    assert.equal(runs(), 1);
  });

  it("forgets a key after its ttl", async () => {
    const clock = createFakeClock();
    const { handler } = counting((run) => ({ run }));
    const app = await createApp(
      [route.post("/orders", { auth: byHeader, body: anything, idempotency: memoryRule({ ttl: "1h" }) }, handler)],
      { clock },
    );
    const run = async (): Promise<unknown> => (await app.fetch("/orders", order("k"))).json();
    assert.deepEqual(await run(), { run: 1 });
    clock.advance(3_599_000);
    assert.deepEqual(await run(), { run: 1 });
    clock.advance(2_000);
    assert.deepEqual(await run(), { run: 2 });
  });

  it("holds its claim for as long as the handler runs", async () => {
    const clock = createFakeClock();
    const gate = Promise.withResolvers<void>();
    const { runs, handler } = counting(async (run) => {
      await gate.promise;
      return { run };
    });
    const idempotency = memoryRule({ lease: "30s" });
    const contract = { auth: byHeader, body: anything, idempotency, deadline: "0s" } as const;
    const app = await createApp([route.post("/orders", contract, handler)], { clock, shedding: false });
    const first = app.fetch("/orders", order("k"));
    for (let minute = 0; minute < 12; minute += 1) {
      await new Promise(setImmediate);
      clock.advance(10_000);
    }
    await new Promise(setImmediate);
    assert.equal((await app.fetch("/orders", order("k"))).status, 409);
    gate.resolve();
    assert.equal((await first).status, 200);
    assert.equal(runs(), 1);
  });

  it("keeps nothing of an attempt that lost its claim", async () => {
    const store = createMemoryIdempotencyStore();
    const { runs, handler } = counting(async (run) => {
      // Another machine with a clock that is far ahead takes it over and answers.
      if (run === 1) await takeOver();
      return { run };
    });
    let taken: { readonly id: string; readonly fingerprint: string } | undefined;
    const watched: typeof store = {
      claim: (request) => {
        taken ??= request;
        return store.claim(request);
      },
      renew: (claim, until) => store.renew(claim, until),
      finish: (claim, record) => store.finish(claim, record),
      release: (claim) => store.release(claim),
      transact: (run, options) => store.transact(run, options),
      sweep: (now, limit) => store.sweep(now, limit),
    };
    const takeOver = async (): Promise<void> => {
      const { id = "", fingerprint = "" } = taken ?? {};
      const now = Date.now() + 3_600_000;
      const claim = { id, owner: "other", fingerprint, now, leaseUntil: now + 1_000, expiresAt: now + 86_400_000 };
      assert.equal((await store.claim(claim)).state, "claimed");
      const head = JSON.stringify({ kind: "answer", headers: [], text: true });
      await store.finish(claim, { payload: null, answer: { status: 200, head, body: Buffer.from("theirs") } });
    };
    const app = await createOrders(handler, memoryRule({ store: watched }));
    assert.equal(await codeOf(await app.fetch("/orders", order("k"))), "409 E_IDEMPOTENCY_CLAIM_LOST");
    assert.equal(await (await app.fetch("/orders", order("k"))).text(), "theirs");
    assert.equal(runs(), 1);
  });

  it("does not keep cookies, nor what belongs to one exchange", async () => {
    const app = await createOrders(() =>
      reply.json(200, { ok: true }, { headers: { "set-cookie": "session=secret", "x-kept": "1" } }),
    );
    const first = await app.fetch("/orders", order("k"));
    const second = await app.fetch("/orders", order("k"));
    assert.equal(first.headers.get("set-cookie"), "session=secret");
    assert.equal(second.headers.get("set-cookie"), null);
    assert.equal(second.headers.get("x-kept"), "1");
  });

  const KINDS: Readonly<Record<string, () => unknown>> = {
    "a value": () => ({ a: 1 }),
    nothing: () => undefined,
    "an empty reply": () => reply.empty(202),
    "a text": () => reply.text("grüße 😀"),
    "a redirect": () => reply.redirect("/orders/1"),
    "an etag": () => reply.created({ a: 1 }, { etag: 7 }),
    "a web response": () => new Response("bytes", { status: 201, headers: { "x-a": "1", "content-type": "text/plain" } }),
    "an empty web response": () => new Response(null, { status: 204 }),
    "a binary web response": () => new Response(new Uint8Array([0, 255, 128, 10])),
  };
  for (const [kind, make] of Object.entries(KINDS)) {
    it(`replays ${kind} byte for byte`, async () => {
      const app = await createOrders(make);
      const first = await seen(await app.fetch("/orders", order("k")));
      const second = await seen(await app.fetch("/orders", order("k")));
      assert.deepEqual(second, first);
    });
  }

  it("fails loudly when an answer cannot be kept, and keeps the key free", async () => {
    let closed = 0;
    const stream = async function* (): AsyncGenerator<string> {
      try {
        yield "a";
      } finally {
        closed += 1;
      }
    };
    for (const make of [() => reply.stream(stream()), () => reply.text("x".repeat(2_000_000))]) {
      const app = await createOrders(make);
      assert.equal((await app.fetch("/orders", order("k"))).status, 500);
      assert.equal(app.loggedError().code, "E_IDEMPOTENCY_ANSWER_UNSTORABLE");
    }
    assert.equal(closed, 0); // never begun
  });

  it("applies the reply schema once, and replays its result", async () => {
    let validations = 0;
    const schema = {
      "~standard": {
        version: 1,
        vendor: "test",
        validate: (value: unknown) => ({ value: { ...(value as object), validations: ++validations } }),
      },
    } as const;
    const contract = { auth: byHeader, body: anything, reply: { 201: schema }, idempotency: memoryRule() };
    const app = await createApp([route.post("/orders", contract, () => reply.created({ secret: undefined }))]);
    for (let attempt = 0; attempt < 3; attempt += 1) {
      assert.deepEqual(await (await app.fetch("/orders", order("k"))).json(), { validations: 1 });
    }
  });

  it("leaves a group's other methods alone, and can be turned off", async () => {
    const { runs, handler } = counting((run) => ({ run }));
    const app = await createApp(
      group({ idempotency: memoryRule() }, [
        route.get("/orders", { auth: byHeader }, handler),
        route.put("/orders", { auth: byHeader, body: anything }, handler),
        route.post("/orders", { auth: byHeader, body: anything, idempotency: "none" }, handler),
      ]),
    );
    const headers = { "x-user": "ada" };
    await app.fetch("/orders", { headers });
    await app.fetch("/orders", { ...order(null), method: "PUT" });
    await app.fetch("/orders", order(null));
    assert.equal(runs(), 3);
  });

  it("announces what became of each request", async (t) => {
    const decided: IdempotencyDecided[] = [];
    t.after(idempotencyDecided.subscribe((one) => void decided.push(one)));
    const { handler } = counting((run) => (run === 2 ? reply.json(503, {}) : { run }));
    const app = await createOrders(handler);
    await app.fetch("/orders", order("a"));
    await app.fetch("/orders", order("a"));
    await app.fetch("/orders", order("a", { item: "coffee" }));
    await app.fetch("/orders", order("b"));
    assert.deepEqual(
      decided.map(({ outcome }) => outcome),
      ["ran", "replayed", "reused", "not kept"],
    );
    assert.deepEqual(decided[0], { route: "/orders", method: "POST", outcome: "ran" });
  });
});

describe("an idempotency policy", () => {
  it("is refused at boot on a public route without a scope", async () => {
    const open = (scope?: () => string) =>
      createApp([
        route.post(
          "/sign-ups",
          { auth: "public", body: anything, idempotency: memoryRule(scope === undefined ? {} : { scope }) },
          () => ({}),
        ),
      ]);
    await assert.rejects(open(), { code: "E_IDEMPOTENCY_SCOPE_MISSING" });
    const app = await open(() => "everybody");
    assert.equal((await app.fetch("/sign-ups", order("k"))).status, 200);
  });

  it("is an error for a caller without an id, not a key for all of them", async () => {
    for (const principal of [{}, { id: "" }, { id: 7 }, "ada"]) {
      const auth = { scheme: "test", challenge: "Test", identify: () => principal };
      const app = await createApp([route.post("/orders", { auth, body: anything, idempotency: memoryRule() }, () => ({}))]);
      assert.equal((await app.fetch("/orders", order("k"))).status, 500);
      assert.equal(app.loggedError().code, "E_IDEMPOTENCY_PRINCIPAL_MISSING");
    }
  });

  it("is refused with numbers that cannot work", () => {
    assert.throws(() => memoryRule({ ttl: "10s", lease: "30s" }), { code: "E_IDEMPOTENCY_RULE_INVALID" });
    assert.throws(() => memoryRule({ lease: "1ms" }), { code: "E_IDEMPOTENCY_RULE_INVALID" });
    assert.throws(() => memoryRule({ methods: [] }), { code: "E_IDEMPOTENCY_RULE_INVALID" });
    assert.throws(() => memoryRule({ ttl: "soon" as "1s" }), { code: "E_CORE_DURATION_INVALID" });
  });

  it("is in the document: the header and its problems", async () => {
    const routes = [
      route.post("/orders", { auth: byHeader, body: anything, idempotency: memoryRule() }, () => ({})),
      route.post("/notes", { auth: byHeader, body: bodyStream(), idempotency: memoryRule({ required: false }) }, () => ({})),
      route.get("/orders", { auth: byHeader, idempotency: memoryRule() }, () => ({})),
    ];
    const { document } = await describeApi({ routes, title: "Orders", version: "1" });
    const text = JSON.stringify(document.paths["/orders"]?.post);
    const [parameter] = document.paths["/orders"]?.post?.parameters ?? [];
    assert.equal(parameter?.name, "Idempotency-Key");
    assert.equal(parameter?.in, "header");
    assert.equal(parameter?.required, true);
    for (const code of ["KEY_MISSING", "KEY_MALFORMED", "IN_FLIGHT", "KEY_REUSED"])
      assert.ok(text.includes(`E_IDEMPOTENCY_${code}`), code);
    for (const status of ["400", "409", "422"]) assert.ok(status in (document.paths["/orders"]?.post?.responses ?? {}), status);
    const optional = JSON.stringify(document.paths["/notes"]?.post);
    assert.ok(!optional.includes("KEY_MISSING") && optional.includes("Idempotency-Key"));
    assert.ok(!JSON.stringify(document.paths["/orders"]?.get).includes("IDEMPOTENCY"));
  });
});
