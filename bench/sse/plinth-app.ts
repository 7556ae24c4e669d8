import { defineApp } from "../../src/app/mod.ts";
import { createBroadcast, reply, route, routes } from "../../src/http/mod.ts";
import { publishAtRate } from "../harness/fan-out.ts";

export default defineApp({
  name: "sse",
  services: ({ runtime }) => ({ feed: createBroadcast({ name: "feed", memory: runtime.memory }) }),
  routes: [
    ({ feed }) => {
      publishAtRate((message) => feed.publish(message));
      return routes(
        route.get("/events", { auth: "public" }, ({ lastEventId }) => reply.events(feed.subscribe({ after: lastEventId }))),
      );
    },
  ],
});
