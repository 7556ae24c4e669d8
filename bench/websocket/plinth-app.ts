import { defineApp } from "../../src/app/mod.ts";
import { createBroadcast, route, routes } from "../../src/http/mod.ts";
import { publishAtRate } from "../harness/fan-out.ts";

export default defineApp({
  name: "websocket",
  services: ({ runtime }) => ({ feed: createBroadcast({ name: "feed", memory: runtime.memory }) }),
  routes: [
    ({ feed }) => {
      publishAtRate((message) => feed.publish(message));
      return routes(
        route.websocket("/feed", { auth: "public" }, (socket) => {
          feed.attach(socket);
          return socket.discard();
        }),
      );
    },
  ],
});
