import { defineApp } from "plinth/app";
import { createCache, createMemoryStore } from "plinth/cache";
import { route, routes } from "plinth/http";
import { flaky } from "plinth/testing";
import * as z from "zod";

const User = z.object({ name: z.string(), madeBy: z.string() });

/** An app that caches users. Each answer says which thread has made the value. A second cache has a store that never answers. */
export default defineApp({
  name: "caching",
  services: ({ log, runtime }) => {
    const cache = createCache({ memory: runtime.memory, log });
    const users = cache.namespace("users", { schema: User, ttl: "5m", grace: "1h", tags: ["people"], jitter: 0 });
    const { service: store } = flaky(createMemoryStore().connect(), { loss: 1 });
    const remote = createCache({ name: "remote", memory: runtime.memory, store, log });
    return { cache, remote, users, thread: runtime.thread };
  },
  routes: [
    ({ users, thread }) =>
      routes(
        route.get("/thread", { auth: "public" }, () => ({ thread })),
        route.get(
          "/users/:name",
          { auth: "public", params: z.object({ name: z.string() }), reply: User },
          ({ params: { name } }) => users.getOrSet(name, () => ({ name, madeBy: `${thread} ${crypto.randomUUID()}` })),
        ),
      ),
  ],
});
