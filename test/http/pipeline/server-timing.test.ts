import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Secret, defineErrors } from "#src/core/mod";
import type { ServerTiming } from "#src/http/pipeline/server-timing";
import { route } from "#src/http/route";
import { createFakeClock } from "#src/testing/fake-clock";
import { z } from "zod";
import { createApp, jsonInit } from "../support.ts";

const failures = defineErrors<{ LATE: object }>("test", { LATE: { status: 409, title: "Late", message: () => "Late." } });
const KEY = "k".repeat(32);

/** Routes whose steps take exact times. */
async function createTimedApp(serverTiming: ServerTiming) {
  const clock = createFakeClock();
  const later = async (milliseconds: number): Promise<void> => {
    await Promise.resolve();
    clock.advance(milliseconds);
  };
  const auth = {
    scheme: "t",
    challenge: "T",
    identify: async () => (await later(3), "me"),
    permit: () => (clock.advance(1), true),
  };
  const app = await createApp(
    [
      route.post("/a", { auth, body: z.object({}) }, async () => (await later(20.5), { ok: true })),
      route.get("/fails", { auth: "public" }, () => {
        clock.advance(7);
        throw failures.LATE({});
      }),
      route.get("/rejects", { auth }, async () => {
        await later(5);
        throw failures.LATE({});
      }),
    ],
    { clock, serverTiming },
  );
  return { ...app, clock };
}

const timingOf = (answer: Response): string | null => answer.headers.get("server-timing");

describe("the times of a request's steps", () => {
  it("are told to everybody where that is wanted: each step that the route has, in order, and the whole", async () => {
    const app = await createTimedApp("always");
    const answer = await app.fetch("/a", jsonInit({}));
    assert.equal(answer.status, 200);
    assert.equal(
      timingOf(answer),
      "queue;dur=0, origin;dur=0, identify;dur=3, permit;dur=1, read;dur=0, validate;dur=0, handle;dur=20.5, total;dur=24.5",
    );
  });

  it("are told of requests that fail, up to where they failed", async () => {
    const app = await createTimedApp("always");
    const thrown = await app.fetch("/fails");
    assert.deepEqual([thrown.status, timingOf(thrown)], [409, "queue;dur=0, handle;dur=7, total;dur=7"]);
    await new Promise(setImmediate); // the next turn of the loop
    const rejected = await app.fetch("/rejects");
    assert.deepEqual(
      [rejected.status, timingOf(rejected)],
      [409, "queue;dur=0, identify;dur=3, permit;dur=1, handle;dur=5, total;dur=9"],
    );
    const invalid = await app.fetch("/a", jsonInit("[]"));
    assert.equal(invalid.status, 400);
    assert.match(timingOf(invalid) ?? "", /^queue;dur=9, .*validate;dur=0, total;dur=4$/);
  });

  it("say how long the turn of the loop had run when the request was looked at", async () => {
    const app = await createTimedApp("always");
    const first = app.fetch("/fails");
    assert.equal(timingOf(await app.fetch("/fails")), "queue;dur=7, handle;dur=7, total;dur=7");
    await first;
  });

  it("are told to nobody by default", async () => {
    const app = await createTimedApp("off");
    assert.equal(timingOf(await app.fetch("/fails", { headers: { "server-timing-key": KEY } })), null);
  });

  it("lesson: CVE-2025-29927: are told for the right secret, and for no other value of the header", async () => {
    const app = await createTimedApp(new Secret(KEY));
    const told = await app.fetch("/fails", { headers: { "server-timing-key": KEY } });
    assert.equal(timingOf(told), "queue;dur=0, handle;dur=7, total;dur=7");
    for (const key of ["", "1", "true", KEY.slice(1), `${KEY}k`, KEY.toUpperCase(), `${KEY}, ${KEY}`, "[redacted]"]) {
      const answer = await app.fetch("/fails", { headers: { "server-timing-key": key } });
      assert.deepEqual([answer.status, timingOf(answer)], [409, null], key);
    }
    assert.equal(timingOf(await app.fetch("/fails")), null);
    assert.equal((await app.fetch("/nowhere", { headers: { "server-timing-key": KEY } })).status, 404);
  });
});
