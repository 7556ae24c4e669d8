import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { route } from "#src/http/route";
import { gate, serve, statusesOf } from "../support.ts";

const GET = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

describe("requests that are sent without waiting for answers", () => {
  it("are worked on eight at a time, and answered in order", async (t) => {
    const release = gate();
    const eight = gate();
    let running = 0;
    let most = 0;
    const server = await serve(t, [
      route.get("/work/:n", { auth: "public" }, async ({ params }) => {
        most = Math.max(most, ++running);
        if (running === 8) eight.open();
        await release.opened;
        running--;
        return `(${params.n})`;
      }),
    ]);
    const client = await server.open();
    client.send(Array.from({ length: 40 }, (_, index) => GET(`/work/${index}`)).join(""));
    await eight.opened;
    release.open();
    await client.until("(39)");
    assert.equal(most, 8);
    const order = [...client.received.matchAll(/\((\d+)\)/g)].map((found) => Number(found[1]));
    assert.deepEqual(order, [...Array(40).keys()]);
  });

  it("end their connection when there are too many, and nobody else's", async (t) => {
    let begun = 0;
    const server = await serve(t, [
      route.get("/never", { auth: "public" }, () => (begun++, new Promise(() => {}))),
      route.get("/fast", { auth: "public" }, () => "fast"),
    ]);
    const greedy = await server.open();
    greedy.send(GET("/never").repeat(300));
    assert.equal(await greedy.closed(), "");
    assert.equal(begun, 8);
    const other = await server.open();
    other.send(GET("/fast"));
    await other.until("fast");
    assert.deepEqual(statusesOf(other.received), [200]);
  });

  it("do not begin behind a connection that is gone", async (t) => {
    const release = gate();
    const eight = gate();
    const begun: string[] = [];
    const signals: AbortSignal[] = [];
    const server = await serve(t, [
      route.get("/work/:n", { auth: "public" }, async ({ params, signal }) => {
        signals.push(signal);
        if (begun.push(params.n) === 8) eight.open();
        await release.opened;
        return params.n;
      }),
      route.get("/fast", { auth: "public" }, () => "fast"),
    ]);
    const client = await server.open();
    client.send(Array.from({ length: 20 }, (_, index) => GET(`/work/${index}`)).join(""));
    await eight.opened;
    const aborted = once(signals[0] as AbortSignal, "abort");
    client.socket.destroy();
    await aborted;
    release.open();
    const other = await server.open();
    other.send(GET("/fast"));
    await other.until("fast");
    assert.equal(begun.length, 8);
  });
});
