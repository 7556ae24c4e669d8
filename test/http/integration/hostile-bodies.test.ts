import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { describe, it } from "node:test";
import { z } from "zod";
import { multipart } from "#src/http/multipart/multipart";
import { route } from "#src/http/route";
import { BOUNDARY, bodyOf, field, file } from "../multipart/support.ts";
import { type TestServer, serve, statusesOf } from "../support.ts";

const Strict = z.strictObject({ a: z.string() });
const routes = [
  route.get("/", { auth: "public", query: z.looseObject({}) }, ({ cookies }) => Object.keys(cookies).length),
  route.post("/json", { auth: "public", body: Strict }, ({ body }) => body.a),
  route.post("/any", { auth: "public", body: z.looseObject({}), accepts: ["json", "form"] }, () => "taken"),
  route.post(
    "/multipart",
    { auth: "public", body: multipart({ fields: z.looseObject({}), files: { f: { types: ["*"], optional: true } } }) },
    () => "taken",
  ),
];

const post = (path: string, type: string, body: string | Buffer, headers = ""): Buffer =>
  Buffer.concat([
    Buffer.from(
      `POST ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type:${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${headers}\r\n`,
      "latin1",
    ),
    Buffer.from(body),
  ]);

async function assertLives(server: TestServer): Promise<void> {
  assert.deepEqual(statusesOf(await server.exchange(post("/json", " application/json", '{"a":"b"}'))), [200]);
  assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  assert.deepEqual(server.lines, []);
}

describe("lesson: CVE-2026-21710: names that every object inherits", () => {
  for (const name of ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "__defineGetter__"]) {
    it(`${name}: as header, trailer, cookie, query, form, JSON and multipart name is an answer, and the server lives`, async (t) => {
      const server = await serve(t, routes);
      const multipartType = ` multipart/form-data; boundary=${BOUNDARY}`;
      const requests: readonly (readonly [string, string | Buffer, readonly number[]])[] = [
        ["header", `GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${name}: polluted\r\n${name}: again\r\n\r\n`, [200]],
        ["cookie", `GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nCookie: ${name}=polluted; ${name}=again\r\n\r\n`, [200]],
        ["query", `GET /?${name}=polluted&${name}[polluted]=1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`, [200]],
        [
          "trailer",
          `POST /json HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{"a":"b"}\r\n0\r\n${name}: x\r\n\r\n`,
          [200],
        ],
        ["form", post("/any", " application/x-www-form-urlencoded", `${name}=1&${name}[polluted]=1&${name}.polluted=1`), [200]],
        ["JSON", post("/any", " application/json", `{"${name}":{"polluted":1,"prototype":{"polluted":1}}}`), [200, 400]],
        ["field", post("/multipart", multipartType, bodyOf([field(name, "1"), field(`${name}[polluted]`, "1")])), [200]],
        ["file", post("/multipart", multipartType, bodyOf([file(name, name, "1")])), [400]],
      ];
      for (const [what, bytes, expected] of requests) {
        const [status] = statusesOf(await server.exchange(bytes));
        assert.ok(status !== undefined && expected.includes(status), `${what}: ${status}`);
      }
      await assertLives(server);
    });
  }
});

describe("lesson: CVE-2026-25223: a Content-Type as only a socket can send it", () => {
  it("has its body validated, or is a 415: never a body that nobody looked at", async (t) => {
    const server = await serve(t, routes);
    const spellings = [
      "application/json",
      " \t application/json \t ",
      "\tapplication/json\t;",
      " application/json ; charset=utf-8 ",
      " application/json;charset=utf-16",
      " application/json\u00a0",
      " application/json\u0001x",
      " APPLICATION/JSON",
      " application/json, application/json",
      " application/json; charset=utf-8; charset=utf-8",
      " ;application/json",
      "",
      " \u00ef\u00bb\u00bfapplication/json",
      " text/plain;application/json",
      ' "application/json"',
    ];
    let validated = 0;
    for (const type of spellings) {
      const [status] = statusesOf(await server.exchange(post("/json", type, '{"a":1,"isAdmin":true}')));
      assert.ok(status === 400 || status === 415, `${JSON.stringify(type)}: ${status}`);
      if (status === 400) validated++;
    }
    assert.ok(validated >= 4, String(validated));
    const twice = post("/json", " text/plain", '{"a":"b"}', "Content-Type: application/json\r\n");
    assert.ok([400, 415].includes(statusesOf(await server.exchange(twice))[0] ?? 0), "the field twice");
    await assertLives(server);
  });
});

describe("lesson: CVE-2025-59466: bodies that are nested too deep", () => {
  it("are refused, with a context of AsyncLocalStorage around, and never end the process", async (t) => {
    const server = await serve(t, routes);
    await new AsyncLocalStorage<number>().run(1, async () => {
      const deep = 200_000;
      for (const body of [
        "[".repeat(deep),
        '{"a":'.repeat(deep),
        `${"[".repeat(deep)}${"]".repeat(deep)}`,
        `{"a":${"[{}".repeat(deep / 2)}`,
      ]) {
        assert.deepEqual(statusesOf(await server.exchange(post("/any", " application/json", body))), [400]);
      }
      const form = `a${"[b]".repeat(deep)}=1`;
      assert.deepEqual(
        statusesOf(await server.exchange(post("/any", " application/x-www-form-urlencoded", form))),
        [200],
        "names have no depth",
      );
    });
    await assertLives(server);
  });
});
