import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { type TestContext, describe, it } from "node:test";
import type { ProxyOptions } from "#src/http/node/proxies";
import { route } from "#src/http/route";
import { type TestServer, serve } from "../support.ts";

/** What a handler sees of who called. */
interface Seen {
  readonly id: string;
  readonly address: string;
  readonly scheme: string;
  readonly host: string;
}

const SPOOFED = [
  "X-Forwarded-For: 203.0.113.66",
  "X-Forwarded-Proto: https",
  "X-Forwarded-Host: evil.example",
  'Forwarded: for="203.0.113.77";proto=https;host=evil.example',
  "X-Real-IP: 203.0.113.88",
  "Client-IP: 203.0.113.88",
  "X-Forwarded: for=203.0.113.88",
  "X-Request-Id: chosen-by-the-caller",
];

async function start(t: TestContext, proxies?: ProxyOptions): Promise<TestServer> {
  const who = route.get("/who", { auth: "public" }, ({ request: { id, address, scheme, host } }) => ({
    id,
    address,
    scheme,
    host,
  }));
  return serve(t, [who], {}, proxies === undefined ? {} : { proxies });
}

/** Asks from one of this machine's own addresses. */
async function askFrom(server: TestServer, localAddress: string, headers: readonly string[]): Promise<Seen> {
  const socket = connect({ port: server.port, host: "127.0.0.1", localAddress });
  socket.end(["GET /who HTTP/1.1", "Host: own.example", "Connection: close", ...headers, "", ""].join("\r\n"));
  let text = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  await once(socket, "close");
  assert.match(text, /^HTTP\/1.1 200 /, text);
  return JSON.parse(text.slice(text.indexOf("\r\n\r\n"))) as Seen;
}

const MODES: Readonly<Record<string, ProxyOptions | undefined>> = {
  "no proxies": undefined,
  "an address": { trusted: ["127.0.0.2"] },
  "a network": { trusted: ["127.0.0.2/31"], headers: "x-forwarded" },
  "an IPv4-mapped address, by Forwarded": { trusted: ["::ffff:127.0.0.2"], headers: "forwarded" },
};

describe("lesson CVE-2026-3635, CVE-2026-16732: what proxies say", () => {
  for (const [mode, proxies] of Object.entries(MODES)) {
    it(`counts for nothing from an untrusted peer when ${mode} are trusted`, async (t) => {
      const server = await start(t, proxies);
      const seen = await askFrom(server, "127.0.0.1", SPOOFED);
      assert.deepEqual({ ...seen, id: "" }, { id: "", address: "127.0.0.1", scheme: "http", host: "own.example" });
      assert.notEqual(seen.id, "chosen-by-the-caller");
    });

    if (proxies === undefined) continue;
    it(`is believed of a trusted peer when ${mode} are trusted`, async (t) => {
      const server = await start(t, proxies);
      const address = proxies.headers === "forwarded" ? "203.0.113.77" : "203.0.113.66";
      const seen = await askFrom(server, "127.0.0.2", SPOOFED);
      assert.deepEqual(seen, { id: "chosen-by-the-caller", address, scheme: "https", host: "evil.example" });
    });

    it(`changes nothing when a trusted peer says nothing and ${mode} are trusted`, async (t) => {
      const seen = await askFrom(await start(t, proxies), "127.0.0.2", []);
      assert.deepEqual({ ...seen, id: "" }, { id: "", address: "127.0.0.2", scheme: "http", host: "own.example" });
    });
  }

  it("is ignored where it is malformed, and the peer is the caller", async (t) => {
    const server = await start(t, { trusted: ["loopback"] });
    for (const list of ["unknown", "203.0.113.7, _x", "<script>", "x".repeat(8_000)]) {
      assert.equal((await askFrom(server, "127.0.0.2", [`X-Forwarded-For: ${list}`, "X-Forwarded-Proto: https"])).scheme, "http");
    }
    assert.equal((await askFrom(server, "127.0.0.2", ["X-Forwarded-For: 203.0.113.7, _x"])).address, "127.0.0.2");
  });

  it("is read over several lines of one header as over one", async (t) => {
    const server = await start(t, { trusted: ["loopback"] });
    const seen = await askFrom(server, "127.0.0.2", [
      "X-Forwarded-For: 1.1.1.1",
      "X-Forwarded-For: 203.0.113.7",
      "X-Forwarded-For: 127.0.0.3",
    ]);
    assert.equal(seen.address, "203.0.113.7");
  });

  it("gives an id only in safe characters and a safe length", async (t) => {
    const server = await start(t, { trusted: ["loopback"] });
    for (const id of ["a b", 'a"b', "a\tb", "é", "<x>", "x".repeat(129), ""]) {
      assert.notEqual((await askFrom(server, "127.0.0.1", [`X-Request-Id: ${id}`])).id, id);
    }
    assert.equal((await askFrom(server, "127.0.0.1", ["X-Request-Id: 01HZX:a/b=c"])).id, "01HZX:a/b=c");
  });
});

it("a trusted proxy's scheme decides whether a page of http: may act on the site", async (t) => {
  const change = route.post("/change", { auth: "public" }, () => "changed");
  const server = await serve(t, [change], {}, { proxies: { trusted: ["loopback"] } });
  const post = (...headers: readonly string[]): Promise<string> =>
    server.exchange(
      ["POST /change HTTP/1.1", "Host: shop.example", "Connection: close", "Content-Length: 0", ...headers, "", ""].join("\r\n"),
    );
  const viaHttps = ["X-Forwarded-Proto: https", "X-Forwarded-Host: public.example"];
  assert.match(await post("Origin: https://public.example", ...viaHttps), /^HTTP\/1.1 200 /);
  assert.match(await post("Origin: http://public.example", ...viaHttps), /^HTTP\/1.1 403 /);
  assert.match(await post("Origin: https://shop.example", ...viaHttps), /^HTTP\/1.1 403 /);
  assert.match(await post("Origin: https://shop.example"), /^HTTP\/1.1 200 /);
});
