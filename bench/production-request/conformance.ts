// Before anything is timed: every server does the whole work, or there is no comparison.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { ServerProcess } from "../harness/server-process.ts";
import { countAccessLines, isAccessLine } from "./access-lines.ts";
import { HOST, ORIGIN } from "./settings.ts";
import { BODY, signToken } from "./traffic.ts";

interface Case {
  readonly what: string;
  readonly authorization?: string;
  readonly body?: string;
  readonly statuses: readonly number[];
}

/** Sends one request of every kind and looks at answers, access log and histogram. @throws AssertionError */
export async function checkConformance(server: ServerProcess): Promise<void> {
  const valid = `Bearer ${signToken("user-1")}`;
  const cases: readonly Case[] = [
    { what: "a valid request", authorization: valid, statuses: [200] },
    { what: "no token", statuses: [401] },
    {
      what: "a token signed with another secret",
      authorization: `Bearer ${signToken("user-1", 3_600, "x".repeat(32))}`,
      statuses: [401],
    },
    { what: "an expired token", authorization: `Bearer ${signToken("user-1", -3_600)}`, statuses: [401] },
    { what: "an empty sku and a zero qty", authorization: valid, body: '{"sku":"","qty":0}', statuses: [400, 422] },
    { what: "a qty that is no integer", authorization: valid, body: '{"sku":"abc","qty":1.5}', statuses: [400, 422] },
    { what: "a valid request again", authorization: valid, statuses: [200] },
  ];
  const ids = new Set<string | null>();
  for (const check of cases) ids.add(await sendCase(server.port, check));
  assert.equal(ids.size, cases.length, "every request has an id of its own");

  assert.equal(await countAccessLines(server.logFile, cases.length + 1), cases.length, "one access-log line per request");
  checkLogLines(server.logFile, cases);
  assert.equal(await readHistogramCount(server.metricsUrl), cases.length, "the route's latency histogram counts every request");
}

/** @returns the request id that was answered */
async function sendCase(port: number, { what, authorization, body = BODY, statuses }: Case): Promise<string | null> {
  const headers: Record<string, string> = { "content-type": "application/json", origin: ORIGIN };
  if (authorization !== undefined) headers["authorization"] = authorization;
  const answer = await fetch(`http://${HOST}:${port}/orders/order-1`, { method: "POST", headers, body });
  const text = await answer.text();
  assert.ok(statuses.includes(answer.status), `${what}: answered ${answer.status} ${text}`);
  assert.equal(answer.headers.get("x-content-type-options"), "nosniff", `${what}: security headers`);
  assert.equal(answer.headers.get("access-control-allow-origin"), ORIGIN, `${what}: CORS headers`);
  if (answer.status === 200) {
    assert.deepEqual(JSON.parse(text), { id: "order-1", sku: "abc", qty: 3, user: "user-1" }, what);
    const limit = [...answer.headers.keys()].some((name) => /^(?:x-)?ratelimit/.test(name));
    assert.ok(limit, `${what}: rate-limit headers`);
  }
  const id = answer.headers.get("x-request-id");
  assert.ok(id, `${what}: a request id`);
  return id;
}

function checkLogLines(file: string, cases: readonly Case[]): void {
  const lines = readFileSync(file, "utf8").split("\n").filter(isAccessLine);
  for (const [index, line] of lines.entries()) {
    const fields = flatten(JSON.parse(line) as object);
    const find = (name: RegExp): unknown => fields.find(([key]) => name.test(key))?.[1];
    assert.equal(find(/method$/i), "POST", `method in ${line}`);
    assert.ok(cases[index]?.statuses.includes(Number(find(/status(?:code|_code)?$/i))), `status in ${line}`);
    assert.equal(typeof find(/(?:duration|responseTime)/i), "number", `duration in ${line}`);
  }
}

/** All leaves of an object with the path of each. */
function flatten(value: object, path = ""): [path: string, leaf: unknown][] {
  return Object.entries(value).flatMap(([key, part]: [string, unknown]): [string, unknown][] =>
    typeof part === "object" && part !== null ? flatten(part, `${path}${key}.`) : [[`${path}${key}`, part]],
  );
}

/** What the route's latency histogram has counted, over all statuses. */
export async function readHistogramCount(url: string): Promise<number> {
  const text = await (await fetch(url)).text();
  const counts = [...text.matchAll(/^\w*(?:duration|latency)\w*_count\{([^}]*\/orders\/[:{]id\}?[^}]*)\} (\d+)/gm)];
  return counts.reduce((sum, match) => sum + Number(match[2]), 0);
}
