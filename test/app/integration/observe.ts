import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { KeepAliveConnection } from "../../support/keep-alive-client.ts";

// What tests of the real server look at.

/** Status and text of an answer. */
export async function textOf(url: string, path: string): Promise<string> {
  const response = await fetch(url + path);
  return `${response.status} ${await response.text()}`;
}

/** The sum of a metric over the series that have these labels. */
export async function scrape(adminUrl: string, metric: string, labels: Readonly<Record<string, string>>): Promise<number> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  const wanted = Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
  return text
    .split("\n")
    .filter((line) => line.startsWith(`${metric} `) || line.startsWith(`${metric}{`))
    .filter((line) => wanted.every((label) => line.includes(label)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}

/** The system decides which thread gets a connection: opens some until every thread has one, by the threads' names. */
export async function connectToEachThread(url: string, threads: number): Promise<Map<string, KeepAliveConnection>> {
  const found = new Map<string, KeepAliveConnection>();
  for (let tries = 0; found.size < threads; tries += 1) {
    assert.ok(tries < 200, `only ${[...found.keys()].join(", ")} took connections`);
    const connection = await KeepAliveConnection.open(url);
    const { thread } = JSON.parse((await connection.get("/thread")).body) as { thread: string };
    if (found.has(thread)) connection.close();
    else found.set(thread, connection);
  }
  return found;
}

/** Asks again, every `interval` milliseconds, until it is so; fails when it is not within `limit` milliseconds. Returns how long it took. */
export async function until(what: string, limit: number, isSo: () => Promise<boolean>, interval = 10): Promise<number> {
  const start = performance.now();
  while (!(await isSo().catch(() => false))) {
    assert.ok(performance.now() - start < limit, `${what} did not come true within ${limit} ms`);
    await pause(interval);
  }
  return performance.now() - start;
}

/** Whether no thread is missing. */
export async function isWhole(adminUrl: string): Promise<boolean> {
  const { ready, failures } = (await (await fetch(`${adminUrl}/readyz?verbose`)).json()) as { ready: boolean; failures: object };
  return ready && Object.keys(failures).length === 0;
}
