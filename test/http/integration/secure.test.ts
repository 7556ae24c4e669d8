import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectPlain } from "node:net";
import { describe, it } from "node:test";
import { type TLSSocket, connect } from "node:tls";
import { makeCertificate } from "../certificate.ts";
import { serveSecure } from "../secure-support.ts";

async function open(port: number, more: object = {}): Promise<TLSSocket> {
  const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, ...more });
  await once(socket, "secureConnect");
  return socket;
}

async function textOf(socket: TLSSocket): Promise<string> {
  let text = "";
  for await (const chunk of socket.setEncoding("latin1")) text += chunk as string;
  return text;
}

const GET = "GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

describe("HTTPS", () => {
  it("agrees on HTTP/2 or HTTP/1.1, and speaks HTTP/1.1 with who does not say", async (t) => {
    const { port } = await serveSecure(t);
    for (const [offered, agreed] of [
      [["h2", "http/1.1"], "h2"],
      [["http/1.1"], "http/1.1"],
      [undefined, false],
    ] as const) {
      const socket = await open(port, offered === undefined ? {} : { ALPNProtocols: [...offered] });
      assert.equal(socket.alpnProtocol, agreed);
      socket.destroy();
    }
    const socket = await open(port);
    socket.write(GET);
    assert.match(await textOf(socket), /^HTTP\/1.1 200 /);
  });

  it("refuses TLS below 1.2 and protocols that it does not have", async (t) => {
    const { port } = await serveSecure(t);
    await assert.rejects(open(port, { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" }));
    await assert.rejects(open(port, { ALPNProtocols: ["spdy/3"] }));
    (await open(port)).destroy();
  });

  it("survives whatever comes instead of a handshake", async (t) => {
    const server = await serveSecure(t);
    for (const bytes of [
      "GET / HTTP/1.1\r\n\r\n",
      "\x16\x03\x01\xff\xff",
      "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00",
      "\0".repeat(10_000),
      "",
    ]) {
      const socket = connectPlain(server.port, "127.0.0.1");
      socket.on("error", () => socket.destroy());
      socket.end(bytes, "latin1");
      socket.resume();
      await once(socket, "close");
    }
    const reset = connectPlain(server.port, "127.0.0.1");
    await once(reset, "connect");
    reset.resetAndDestroy();
    const socket = await open(server.port);
    socket.write(GET);
    assert.match(await textOf(socket), /^HTTP\/1.1 200 /);
  });

  it("gives new connections the renewed certificate, while open ones are served on", async (t) => {
    const { server, port } = await serveSecure(t);
    const before = await open(port);
    const renewed = await makeCertificate("renewed.example");
    server.useCertificate(renewed);
    const after = await open(port);
    assert.equal(after.getPeerCertificate().subject.CN, "renewed.example");
    assert.equal(before.getPeerCertificate().subject.CN, "localhost");
    before.write(GET);
    assert.match(await textOf(before), /^HTTP\/1.1 200 /);
    after.destroy();
  });

  it("keeps its certificate when it is handed a pair that is none", async (t) => {
    const { server, port, certificate } = await serveSecure(t);
    const other = await makeCertificate("other.example");
    assert.throws(() => server.useCertificate({ cert: other.cert, key: certificate.key }));
    const socket = await open(port);
    assert.equal(socket.getPeerCertificate().subject.CN, "localhost");
    socket.destroy();
  });

  it("does not wait for handshakes when it stops", async (t) => {
    const { server, port } = await serveSecure(t);
    const silent = connectPlain(port, "127.0.0.1");
    silent.on("error", () => silent.destroy());
    await once(silent, "connect");
    await Promise.all([server.drain(0), once(silent, "close")]);
  });
});
