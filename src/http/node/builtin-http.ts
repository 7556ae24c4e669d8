import type Http from "node:http";

/**
 * `node:http`, without what it merely hands on.
 *
 * perf: an `import` of it evaluates every export, `WebSocket` among them, which loads Node's fetch implementation: 16 MB and 20 ms in
 * every thread (Node 26.10, November 2026).
 */
export const http: typeof Http = process.getBuiltinModule("node:http");
