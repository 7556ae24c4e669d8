import { defineApp } from "#src/app/mod";
import { type Broadcast, createBroadcast, reply, route, routes } from "#src/http/mod";

interface Services {
  readonly feed: Broadcast<unknown>;
  readonly thread: { readonly name: string };
}

// Every thread publishes to every thread. For tests of the real server.
export default defineApp({
  name: "feed",
  services: ({ runtime }): Services => ({
    feed: createBroadcast({ name: "feed", memory: runtime.memory }),
    thread: { name: runtime.thread },
  }),
  routes: [
    ({ feed, thread }: Services) =>
      routes(
        route.get("/thread", { auth: "public" }, () => ({ thread: thread.name })),
        route.post("/publish/:text", { auth: "public" }, ({ params }) => ({ id: feed.publish(`${thread.name} ${params.text}`) })),
        route.get("/events", { auth: "public" }, ({ lastEventId }) =>
          reply.events(feed.subscribe({ after: lastEventId }), { headers: { "x-thread": thread.name } }),
        ),
        route.websocket("/socket", { auth: "public" }, (socket) => {
          feed.attach(socket);
          return socket.discard();
        }),
      ),
  ],
});
