import { pbkdf2Sync } from "node:crypto";
import { threadId } from "node:worker_threads";
import { defineConfig, setting } from "#src/config/mod";
import { type Runtime, defineApp } from "#src/app/mod";
import { reply, route, routes } from "#src/http/mod";
import { rate } from "#src/ratelimit/mod";
import * as z from "zod";

// An app that does on request what apps do by mistake. For tests of the real server.

/** Where routes of all threads meet: one word of shared memory that counts as a lock. */
async function claimLock(runtime: Runtime): Promise<Int32Array> {
  return new Int32Array(await runtime.memory.claim("busy:lock", 4, { byteOffset: 0, count: 1 }));
}

const wait = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function* slowChunks(count: number, pause: number): AsyncGenerator<string> {
  for (let index = 0; index < count; index += 1) {
    await wait(pause);
    yield `chunk ${index}\n`;
  }
}

interface Services {
  readonly runtime: Runtime;
  readonly lock: Int32Array;
}

const calm = ({ runtime }: Services) =>
  routes(
    route.get("/thread", { auth: "public" }, () => ({ thread: runtime.thread, threadId })),
    route.get("/slow", { auth: "public", query: z.object({ ms: z.coerce.number() }) }, async ({ query }) => {
      await wait(query.ms);
      return { waited: query.ms };
    }),
    route.get("/stream", { auth: "public" }, () => reply.stream(slowChunks(20, 50), { type: "text/plain" })),
    route.get("/stuck", { auth: "public", deadline: "0s" }, () => new Promise<never>(() => undefined)),
    route.get("/limited", { auth: "public", limit: rate("50/1h", { by: "address" }) }, () => reply.empty()),
    route.get("/say", { auth: "public" }, ({ log }) => {
      for (let line = 0; line < 10; line += 1) log.info({ line, filler: "x".repeat(line * 100) }, "said");
      return reply.empty();
    }),
  );

const talkative = ({ runtime }: Services) =>
  routes(
    route.get("/detail/:id", { auth: "public" }, ({ params, log }) => {
      log.debug({ detail: params.id }, "in detail");
      return { thread: runtime.thread };
    }),
    route.get("/other", { auth: "public" }, ({ log }) => {
      log.debug("of no interest");
      return reply.empty();
    }),
  );

const deadly = ({ lock }: Services) =>
  routes(
    route.get("/crash", { auth: "public" }, async () => {
      setTimeout(() => {
        throw new TypeError("thrown where no request waits");
      }, 1);
      await wait(60_000);
    }),
    route.get("/reject", { auth: "public" }, async () => {
      void Promise.reject(new RangeError("rejected where no request waits"));
      await wait(60_000);
    }),
    route.get("/exit", { auth: "public" }, () => process.exit(3)),
    route.get("/memory", { auth: "public", deadline: "0s" }, async () => {
      const kept: object[] = [];
      for (;;) {
        for (let index = 0; index < 20_000; index += 1)
          kept.push({ index, numbers: Array.from<number>({ length: 200 }).fill(index + 0.5) });
        await wait(0); // the loop turns, so that it is the memory that ends this thread
      }
    }),
    route.get("/loop", { auth: "public" }, () => {
      for (;;);
    }),
    // Native code that takes hours and cannot be interrupted.
    route.get("/runaway", { auth: "public" }, () => pbkdf2Sync("", "", 2 ** 31 - 1, 64, "sha512").toString("hex")),
    route.get("/lock-and-exit", { auth: "public" }, () => {
      Atomics.store(lock, 0, threadId + 1);
      process.exit(0);
    }),
    route.get("/lock", { auth: "public" }, () => ({ holder: Atomics.load(lock, 0) })),
  );

/** Starts when whoever the gate belongs to answers. */
function createGate(url: string): object {
  return {
    name: "gate",
    start: async (): Promise<void> => {
      const answer = await fetch(url);
      if (!answer.ok) throw new Error(`the gate is shut: ${answer.status}`);
    },
  };
}

export default defineApp({
  name: "busy",
  version: "1.2.3",
  config: defineConfig({ gate: setting.url({ optional: true }) }),
  services: async ({ runtime, config }) => ({
    runtime,
    lock: await claimLock(runtime),
    gate: config.gate === undefined ? undefined : createGate(config.gate),
  }),
  routes: [calm, talkative, deadly],
});
