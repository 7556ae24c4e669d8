import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { z } from "zod";
import { bodyStream, route } from "#src/http/route";
import { type TestServer, serve, statusesOf } from "../support.ts";

/** What reached a handler. */
const handled: string[] = [];
const routes = [
  route.get("/", { auth: "public" }, ({ request }) => (handled.push(`GET ${request.url}`), "root")),
  route.post("/json", { auth: "public", body: z.object({ a: z.number() }) }, ({ body }) => (handled.push("POST /json"), body)),
  route.post("/stream", { auth: "public", body: bodyStream(), bodyLimit: "1mb" }, async ({ body }) => {
    let bytes = 0;
    for await (const chunk of body) bytes += chunk.byteLength;
    handled.push("POST /stream");
    return bytes;
  }),
  route.post("/smuggled", { auth: "public" }, () => (handled.push("SMUGGLED"), "smuggled")),
  route.get("/smuggled", { auth: "public" }, () => (handled.push("SMUGGLED"), "smuggled")),
];

const HOST = "Host: example.com\r\n";
const get = (headers: string, target = "/"): string => `GET ${target} HTTP/1.1\r\n${HOST}${headers}\r\n`;
const post = (headers: string, body = "", path = "/stream"): string => `POST ${path} HTTP/1.1\r\n${HOST}${headers}\r\n${body}`;
const chunked = (body: string): string => post("Transfer-Encoding: chunked\r\n", body);
const SMUGGLED = `GET /smuggled HTTP/1.1\r\n${HOST}\r\n`;

const malformed: Readonly<Record<string, readonly string[]>> = {
  "Host twice": [get("Host: example.com\r\n"), get("host: evil.example\r\n")],
  "no Host in 1.1": ["GET / HTTP/1.1\r\n\r\n"],
  "a Host that is none (CVE-2026-27959)": [
    "a@evil.example",
    "a b",
    "exa mple",
    "http://a",
    "a/b",
    "a:99999",
    "a:b",
    "",
    "[::1",
    "2130706433",
    "0x7f.1",
    "%61",
    "a,b",
    "\xe9",
    "a#b",
    "a?b",
    "a\\b",
  ].map((host) => `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`),
  "Content-Type twice": [post("Content-Type: a/b\r\nContent-Type: a/b\r\nContent-Length: 1\r\n", "a")],
  "Content-Length twice": [
    post("Content-Length: 1\r\nContent-Length: 1\r\n", "a"),
    post("Content-Length: 1\r\nContent-Length: 2\r\n", "ab"),
    post("Content-Length: 1, 1\r\n", "a"),
  ],
  "a Content-Length that is no number": [
    "-1",
    "+1",
    "1a",
    "0x1",
    "1.0",
    "1e2",
    "",
    " ",
    "18446744073709551616",
    "99999999999999999999",
    "1 1",
    "１",
  ].map((length) => post(`Content-Length: ${length}\r\n`, "a")),
  "a blank before the colon (CVE-2024-27982)": [
    post("Content-Length : 1\r\n", "a"),
    post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"),
    get("X-A : b\r\n"),
    post("Content-Length\t: 1\r\n", "a"),
  ],
  "a folded header": [
    get("X-A: b\r\n c\r\n"),
    post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"),
    post("Content-Length: 1\r\n\t0\r\n", "a"),
  ],
  "Transfer-Encoding in HTTP/1.0": [`POST /stream HTTP/1.0\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  "Transfer-Encoding beside Content-Length": [
    post("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "0\r\n\r\n"),
    post("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
  ],
  "another Transfer-Encoding (GHSA-mp2g-9vg9-f4cg, CVE-2022-32213)": [
    "gzip, chunked",
    "chunked, gzip",
    "identity",
    "chunkedx",
    "xchunked",
    "chunked, chunked",
    '"chunked"',
    "chunked;a=b",
    "\u000bchunked",
    "chunked\u0000",
    ", chunked",
    "chunked,",
  ].map((coding) => post(`Transfer-Encoding: ${coding}\r\n`, "0\r\n\r\n")),
  "Transfer-Encoding twice": [
    post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
    post("Transfer-Encoding: identity\r\ntransfer-encoding: chunked\r\n", "0\r\n\r\n"),
  ],
  "another version": ["0.9", "1.2", "2.0", "3.0", "1", "1.", "1.1x", "11.1", "1.10", "x"].map(
    (version) => `GET / HTTP/${version}\r\n${HOST}\r\n`,
  ),
  "another protocol": [
    "GET / ICE/1.0\r\n\r\n",
    "GET / http/1.1\r\nHost: a\r\n\r\n",
    "GET /\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "\u0016\u0003\u0001\u0002\u0000\u0001",
    "hello\r\n\r\n",
  ],
  "a method that is none": [
    "get / HTTP/1.1\r\nHost: a\r\n\r\n",
    "G{}T / HTTP/1.1\r\nHost: a\r\n\r\n",
    "/ HTTP/1.1\r\nHost: a\r\n\r\n",
    " GET / HTTP/1.1\r\nHost: a\r\n\r\n",
  ],
  "a sensitive header with underscores": [
    post("Content_Length: 1\r\n"),
    post("Transfer_Encoding: chunked\r\n"),
    get("X_Forwarded_For: 1.2.3.4\r\n"),
  ],
  "a body with GET or HEAD": [
    get("Content-Length: 1\r\n") + "a",
    `HEAD / HTTP/1.1\r\n${HOST}Content-Length: 1\r\n\r\na`,
    get("Transfer-Encoding: chunked\r\n") + "0\r\n\r\n",
  ],
  "a fragment in the target (CVE-2026-84363)": [get("", "/#a"), get("", "/a?b#c"), get("", "/#")],
  "another form of target (CVE-2026-33732)": [
    "http://example.com/",
    "http://evil.example/smuggled",
    "HTTP://example.com/",
    "example.com:80",
    "*",
    "//",
    "a",
    "?a",
    "",
  ]
    .filter((target) => target !== "//")
    .map((target) => get("", target)),
  "a target with characters that are none": [
    get("", "/a\\b"),
    get("", "/\xe9"),
    get("", "/a\tb"),
    get("", "/a\u0000"),
    get("", "/a b"),
    get("", "/\u007f"),
  ],
  "a bare line feed in the head": [
    "GET / HTTP/1.1\nHost: example.com\n\n",
    `GET / HTTP/1.1\r\nHost: example.com\nX-A: b\r\n\r\n`,
    `GET / HTTP/1.1\r\n${HOST}X-A: b\n\r\n`,
    "GET / HTTP/1.1\r\nHost: a\r\nX-A: b\nTransfer-Encoding: chunked\r\n\r\n",
  ],
  "a bare carriage return in the head": [get("X-A: b\rX-B: c\r\n"), `GET / HTTP/1.1\r\n${HOST}X-A: b\r\r\n\r\n`],
  "a head that ends oddly (CVE-2025-23167)": [
    `GET / HTTP/1.1\r\n${HOST}X-A: b\r\n\rX`,
    `POST /stream HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\rX${SMUGGLED}`,
  ],
  "a header name that is none": [
    get("X A: b\r\n"),
    get(": b\r\n"),
    get("X\u0000A: b\r\n"),
    get("no colon\r\n"),
    get("(x): y\r\n"),
    get("X\xe9: y\r\n"),
  ],
  "a header value with a control character": [get("X-A: b\u0000c\r\n"), get("X-A: b\u0001\r\n"), get("X-A: \u007f\r\n")],
  "a bare line feed in chunk framing (CVE-2025-22871, CVE-2025-55315)": [
    chunked("1\na\r\n0\r\n\r\n"),
    chunked("1;a\n\r\na\r\n0\r\n\r\n"),
    chunked("1;a\nb\r\na\r\n0\r\n\r\n"),
    chunked("1\r\na\n0\r\n\r\n"),
    chunked("0\n\r\n"),
    chunked("0\r\n\n"),
  ],
  "a chunk size that is none": ["x", "-1", "0x1", "1 1", "+1", "", "ffffffffffffffffff", " 1", "1_0", "g"].map((size) =>
    chunked(`${size}\r\na\r\n0\r\n\r\n`),
  ),
  "a chunk that is longer than it says": [chunked("1\r\nab\r\n0\r\n\r\n"), chunked("1\r\na0\r\n\r\n")],
  "a chunk extension with quotes around a line end (CVE-2026-2332)": [
    chunked('1;a="\r\nb"\r\na\r\n0\r\n\r\n'),
    chunked("1;a=\u0000\r\na\r\n0\r\n\r\n"),
  ],
  "chunk extensions without end (CVE-2024-22019)": [chunked(`1;${"a".repeat(100_000)}\r\na\r\n0\r\n\r\n`)],
  "a forbidden trailer": [
    "Content-Length: 1",
    "Transfer-Encoding: chunked",
    "Host: evil",
    "Authorization: x",
    "Cookie: a=b",
    "Content-Type: a/b",
    "X-Forwarded-For: 1.2.3.4",
    "Set-Cookie: a=b",
  ].flatMap((trailer) => [
    chunked(`1\r\na\r\n0\r\n${trailer}\r\n\r\n`),
    post("Transfer-Encoding: chunked\r\nContent-Type: application/json\r\n", `7\r\n{"a":1}\r\n0\r\n${trailer}\r\n\r\n`, "/json"),
  ]),
  "a trailer that is none": [chunked("0\r\nX A: b\r\n\r\n"), chunked("0\r\nX: b\n\r\n"), chunked("0\r\n: b\r\n\r\n")],
  "headers that are too large": [
    get(`X-A: ${"a".repeat(20_000)}\r\n`),
    get("X-A: b\r\n".repeat(5_000)),
    chunked(`0\r\nX-A: ${"a".repeat(20_000)}\r\n\r\n`),
  ],
  "a target that is too long": [get("", `/${"a".repeat(9_000)}`), get("", `/${"a".repeat(30_000)}`)],
  CONNECT: [
    "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n",
    "CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n",
    "CONNECT a:1 HTTP/1.0\r\n\r\n",
  ],
  "an expectation that is not supported": [post("Expect: 200-ok\r\nContent-Length: 1\r\n", "a"), get("Expect: x\r\n")],
};

let server: TestServer;
const stopping: (() => Promise<void>)[] = [];
before(async () => {
  server = await serve({ after: (stop: () => Promise<void>) => void stopping.push(stop) } as never, routes);
});
after(async () => {
  for (const stop of stopping) await stop();
});

describe("a malformed request", () => {
  for (const [what, requests] of Object.entries(malformed)) {
    it(`with ${what} is refused, and nothing behind it is handled`, async () => {
      handled.length = 0;
      const results = await Promise.all(
        requests.map(async (bytes) => ({ bytes, received: await server.exchange(bytes + SMUGGLED) })),
      );
      for (const { bytes, received } of results) {
        const text = `${JSON.stringify(bytes.slice(0, 200))} got ${received}`;
        const [status, ...more] = statusesOf(received);
        assert.ok(status !== undefined && ((status >= 400 && status < 500) || status === 505), text);
        assert.deepEqual(more, [], text);
        assert.match(received, /\r\nconnection: close\r\n/i, text);
        assert.match(received, /"code":"E_(SECURITY|HTTP)_/, text);
      }
      assert.deepEqual(handled, []);
      assert.deepEqual(
        server.lines.map((line) => line.message),
        [],
      );
      assert.match(await server.exchange(get("Connection: close\r\n")), /^HTTP\/1\.1 200 /, "the server lives");
    });
  }

  it("behind a good one on the same connection ends the connection", async () => {
    handled.length = 0;
    const received = await server.exchange(
      `${get("")}${post("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")}${SMUGGLED}`,
    );
    assert.ok(statusesOf(received).every((status) => status === 200 || status === 400));
    assert.ok(!handled.includes("SMUGGLED"));
  });

  it("with a forbidden trailer is refused without anything behind it, too", async () => {
    for (const [path, body] of [
      ["/json", '{"a":1}'],
      ["/stream", "a"],
    ] as const) {
      handled.length = 0;
      const headers = "Transfer-Encoding: chunked\r\nContent-Type: application/json\r\n";
      const received = await server.exchange(
        post(headers, `${body.length.toString(16)}\r\n${body}\r\n0\r\nAuthorization: x\r\n\r\n`, path),
      );
      assert.deepEqual(statusesOf(received), [400], path);
      assert.match(received, /E_HTTP_TRAILER_FORBIDDEN[\s\S]*/);
      assert.match(received, /connection: close/i);
      assert.deepEqual(handled, []);
    }
  });

  it("that arrives byte by byte is refused as well", async () => {
    handled.length = 0;
    const client = await server.open();
    for (const byte of post("Content-Length: 1\r\nContent-Length: 1\r\n", "a") + SMUGGLED) client.send(byte);
    assert.deepEqual(statusesOf(await client.closed()), [400]);
    assert.deepEqual(handled, []);
  });
});

describe("a well-formed request", () => {
  it("CVE-2026-21710: may name headers and trailers like what objects inherit", async () => {
    for (const name of ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"]) {
      assert.match(
        await server.exchange(get(`${name}: x\r\nCookie: ${name}=x\r\nConnection: close\r\n`, `/?${name}=x`)),
        /^HTTP\/1\.1 200 /,
        name,
      );
      const body = `1\r\na\r\n0\r\n${name}: x\r\n\r\n`;
      assert.match(
        await server.exchange(post("Transfer-Encoding: chunked\r\nConnection: close\r\n", body)),
        /^HTTP\/1\.1 200 /,
        name,
      );
    }
  });

  it("may have a harmless trailer and a short chunk extension", async () => {
    const body = "3;a=b\r\nabc\r\n0\r\nX-Checksum: 1\r\n\r\n";
    const received = await server.exchange(post("Transfer-Encoding: Chunked\r\nConnection: close\r\n", body));
    assert.match(received, /\r\n\r\n3$/);
  });

  it("may be in HTTP/1.0, without a Host, and is answered and closed", async () => {
    assert.match(await server.exchange("GET / HTTP/1.0\r\n\r\n"), /^HTTP\/1\.1 200 [\s\S]*connection: close/i);
  });

  it("may be one of several sent at once, each answered in turn", async () => {
    handled.length = 0;
    const requests = `${get("", "/?1")}${post("Content-Length: 2\r\n", "ab")}${get("", "/?2")}${post("Transfer-Encoding: chunked\r\n", "1\r\nc\r\n0\r\n\r\n")}${get("Connection: close\r\n", "/?3")}`;
    assert.deepEqual(statusesOf(await server.exchange(requests)), [200, 200, 200, 200, 200]);
    assert.deepEqual(
      handled.filter((one) => one.startsWith("GET")),
      ["GET /?1", "GET /?2", "GET /?3"],
    );
  });

  it("asks what the server answers with OPTIONS *", async () => {
    const received = await server.exchange(`OPTIONS * HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`);
    assert.match(received, /^HTTP\/1\.1 204 /);
    assert.match(received, /\r\nallow: GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS\r\n/i);
  });

  it("gets every security header, a date, and no banner", async () => {
    const received = await server.exchange(get("Connection: close\r\n"));
    for (const name of [
      "content-security-policy",
      "x-content-type-options",
      "x-frame-options",
      "referrer-policy",
      "cache-control",
      "x-request-id",
      "date",
    ]) {
      assert.equal(received.match(new RegExp(`\r\n${name}: `, "gi"))?.length, 1, name);
    }
    assert.doesNotMatch(received, /\r\n(server|x-powered-by):/i);
  });
});

describe("CVE-2025-29927: no header that the server itself knows steers it", () => {
  const names = [
    "x-request-id",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
    "forwarded",
    "x-middleware-subrequest",
    "x-original-url",
    "x-rewrite-url",
    "x-http-method-override",
    "x-http-method",
    "x-method-override",
  ];
  for (const name of names) {
    it(name, async () => {
      handled.length = 0;
      const received = await server.exchange(get(`${name}: /smuggled\r\nConnection: close\r\n`));
      assert.match(received, /^HTTP\/1\.1 200 /);
      assert.deepEqual(handled, ["GET /"]);
      assert.doesNotMatch(received, /x-request-id: \/smuggled/i);
    });
  }
});
