import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type OverloadChanged, type RequestShed, overloadChanged, requestShed } from "#src/http/channels";
import type { RequestHandler } from "#src/http/handler";
import type { Priority } from "#src/http/overload/priority";
import { reply } from "#src/http/reply";
import { bodyStream, group, route } from "#src/http/route";
import { createFakeClock } from "#src/testing/fake-clock";
import { createApp, gate, jsonInit, problemOf, watchFinished } from "../../support.ts";

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const burn = (path: string, cost: () => void, priority?: Priority) =>
  route.get(path, { auth: "public", ...(priority === undefined ? {} : { priority }) }, () => (cost(), "done"));

/** An app on a clock that its handlers move: what they cost is exact. */
async function createBusyApp(options: Parameters<typeof createApp>[1] = {}) {
  const clock = createFakeClock();
  const calls: string[] = [];
  const cost = (what: string) => () => {
    calls.push(what);
    clock.advance(10);
  };
  const auth = { scheme: "t", challenge: "T", identify: () => calls.push("identify") };
  const app = await createApp(
    [
      burn("/normal", cost("normal")),
      burn("/low", cost("low"), "low"),
      burn("/high", cost("high"), "high"),
      burn("/critical", cost("critical"), "critical"),
      ...group({ priority: "low" }, [burn("/grouped", cost("grouped"))]),
      route.post("/secret", { auth }, cost("secret")),
      route.get("/shared", { auth: "public", cors: { origins: ["https://a.example"] } }, cost("shared")),
    ],
    { clock, ...options },
  );
  return { ...app, clock, calls };
}

type BusyApp = Awaited<ReturnType<typeof createBusyApp>>;

/** Sends requests that are all looked at in one turn of the loop. */
async function turn(app: BusyApp, paths: readonly string[], init?: RequestInit): Promise<Response[]> {
  const answers = paths.map((path) => app.fetch(path, init));
  await nextTurn();
  return Promise.all(answers);
}

const times = (count: number, path: string): string[] => Array.from({ length: count }, () => path);

/** Turns that stay long. Leaves the last one running: what comes now is refused, but for critical routes. */
async function overload(app: BusyApp): Promise<void> {
  for (let round = 0; round < 8; round++) await turn(app, times(8, "/normal"));
  for (const path of times(11, "/critical")) void app.fetch(path);
  // Eight are taken in any turn; the ninth is refused, and so nothing below it is taken either.
  for (const path of times(9, "/normal")) void app.fetch(path);
}

const shedBy = (handler: RequestHandler, events: readonly RequestShed[]) =>
  events.filter((event) => event.handler === handler.id).map(({ route: path, priority, reason }) => [path, priority, reason]);

describe("shedding", () => {
  it("answers 503 with a problem and when to come back, before any work", async () => {
    const app = await createBusyApp();
    await overload(app);
    app.calls.length = 0;
    const answer = await app.fetch("/secret", jsonInit({}));
    assert.equal(answer.status, 503);
    assert.equal(answer.headers.get("content-type"), "application/problem+json");
    assert.match(answer.headers.get("retry-after") ?? "", /^[1-5]$/);
    assert.equal(answer.headers.get("cache-control"), "no-store");
    const text = await answer.clone().text();
    assert.equal(answer.headers.get("content-length"), String(Buffer.byteLength(text)));
    const problem = await problemOf(answer);
    assert.equal(problem.code, "E_HTTP_OVERLOADED");
    assert.equal(problem.status, 503);
    assert.equal(problem.requestId, answer.headers.get("x-request-id"));
    assert.deepEqual(app.calls, []);
    assert.equal(app.lines.length, 0);
  });

  it("spreads the times to come back", async () => {
    const app = await createBusyApp();
    await overload(app);
    const answers = await Promise.all(times(200, "/normal").map((path) => app.fetch(path)));
    const seen = new Set(answers.map((answer) => answer.headers.get("retry-after")));
    assert.deepEqual(seen, new Set(["1", "2", "3", "4", "5"]));
  });

  it("goes by priority, a group's included, and never refuses what is critical", async () => {
    const app = await createBusyApp();
    await overload(app);
    const answers = await Promise.all(["/low", "/grouped", "/normal", "/high", "/critical"].map((path) => app.fetch(path)));
    assert.deepEqual(
      answers.map((answer) => answer.status),
      [503, 503, 503, 503, 200],
    );
    await nextTurn();
    const next = await turn(app, ["/low", "/grouped", "/normal", "/high"]);
    assert.deepEqual(
      next.map((answer) => answer.status),
      [503, 503, 503, 200], // high had to be refused, so those below wait a while
    );
  });

  it("lets a page of another origin read the answer, where the route grants that", async () => {
    const app = await createBusyApp();
    await overload(app);
    const answer = await app.fetch("/shared", { headers: { origin: "https://a.example" } });
    assert.equal(answer.status, 503);
    assert.equal(answer.headers.get("access-control-allow-origin"), "https://a.example");
    const stranger = await app.fetch("/shared", { headers: { origin: "https://b.example" } });
    assert.equal(stranger.headers.get("access-control-allow-origin"), null);
  });

  it("announces who was refused and why, and each request's end once", async (t) => {
    const app = await createBusyApp();
    const sheds: RequestShed[] = [];
    const changes: OverloadChanged[] = [];
    t.after(requestShed.subscribe((event) => void sheds.push(event)));
    t.after(overloadChanged.subscribe((event) => void changes.push(event)));
    await overload(app);
    const before = sheds.length;
    const finished = watchFinished(t, "/low");
    await app.fetch("/low");
    assert.deepEqual(shedBy(app.handler, sheds.slice(before)), [["/low", "low", "loop"]]);
    const [event] = finished.seen;
    assert.equal(finished.seen.length, 1);
    assert.deepEqual([event?.status, event?.outcome, event?.errorCode], [503, "shed", "E_HTTP_OVERLOADED"]);
    assert.deepEqual(
      changes.filter(({ handler }) => handler === app.handler.id).map(({ overloaded }) => overloaded),
      [true],
    );
  });

  it("balances what the thread says that it is doing", async () => {
    const open = new Map<number, number>();
    const add = (plan: number, by: number): void => void open.set(plan, (open.get(plan) ?? 0) + by);
    const app = await createBusyApp({
      activity: { started: (plan) => add(plan, 1), finished: (plan) => add(plan, -1), entered() {}, left() {} },
    });
    await overload(app);
    await Promise.all([app.fetch("/low"), app.fetch("/normal")]);
    await nextTurn();
    assert.ok([...open.values()].every((count) => count === 0));
  });

  it("takes everything when it is turned off", async () => {
    const app = await createBusyApp({ shedding: false });
    for (let round = 0; round < 12; round++) {
      const answers = await turn(app, times(20, "/low"));
      assert.ok(answers.every((answer) => answer.status === 200));
    }
  });

  it("goes by its target", async () => {
    const app = await createBusyApp({ shedding: { target: "1s" } });
    for (let round = 0; round < 12; round++) {
      const answers = await turn(app, times(20, "/normal"));
      assert.ok(answers.every((answer) => answer.status === 200));
    }
  });

  it("refuses to start with a priority that there is not", async () => {
    const wrong = route.get("/a", { auth: "public", priority: "urgent" as Priority }, () => 1);
    await assert.rejects(createApp([wrong]), (error: { faults?: readonly { detail: string }[] }) => {
      assert.match(error.faults?.[0]?.detail ?? "", /"urgent".*low, normal, high or critical/);
      return true;
    });
  });
});

describe("a route whose dependency hangs", () => {
  /** Routes that answered at once, and then wait until they are released. */
  async function createHangingApp() {
    const clock = createFakeClock();
    const { opened, open } = gate();
    let hangs = false;
    const handler = async (): Promise<string> => {
      if (hangs) await opened;
      return "done";
    };
    const app = await createApp(
      [
        route.get("/slow", { auth: "public" }, handler),
        route.get("/other", { auth: "public" }, () => 1),
        route.post("/stream", { auth: "public", body: bodyStream() }, handler),
        route.get("/started", { auth: "public" }, async () => {
          await handler();
          return reply.stream(new ReadableStream({ pull: () => new Promise(() => {}) }));
        }),
      ],
      { clock },
    );
    for (let round = 0; round < 3; round++) {
      await Promise.all([...times(20, "/slow"), ...times(20, "/started")].map((path) => app.fetch(path)));
      clock.advance(300);
    }
    return { ...app, clock, release: open, hang: () => (hangs = true) };
  }

  it("is bounded, tells why, leaves other routes alone, and is free again afterwards", async (t) => {
    const app = await createHangingApp();
    const sheds: RequestShed[] = [];
    t.after(requestShed.subscribe((event) => void sheds.push(event)));
    app.hang();
    const waiting = Array.from({ length: 600 }, () => app.fetch("/slow"));
    app.clock.advance(1_000);
    assert.equal((await app.fetch("/slow")).status, 503);
    assert.deepEqual(shedBy(app.handler, sheds).at(-1), ["/slow", "normal", "route"]);
    assert.equal((await app.fetch("/other")).status, 200);
    app.release();
    const statuses = (await Promise.all(waiting)).map((answer) => answer.status);
    assert.equal(statuses.filter((status) => status === 200).length, 512); // twice what any route may have
    assert.equal((await app.fetch("/slow")).status, 200);
  });

  it("is not bounded where requests last as long as they like", async () => {
    const app = await createHangingApp();
    app.hang();
    const waiting = Array.from({ length: 600 }, () => app.fetch("/stream", { method: "POST" }));
    app.clock.advance(1_000);
    app.release();
    assert.ok((await Promise.all(waiting)).every((answer) => answer.status === 200));
  });

  it("does not count streams that have begun", async () => {
    const app = await createHangingApp();
    const answers = await Promise.all(Array.from({ length: 600 }, () => app.fetch("/started")));
    app.clock.advance(1_000);
    assert.equal((await app.fetch("/started")).status, 200);
    for (const answer of answers) await answer.body?.cancel();
  });
});
