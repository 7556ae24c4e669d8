import assert from "node:assert/strict";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, describe, it } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { CertificateWatch } from "#src/app/certificate-watch";
import { certificateFiles, readCertificate } from "#src/app/certificate";
import type { BaseConfig } from "#src/app/contract";
import { systemClock } from "#src/core/mod";
import type { Certificate } from "#src/http/mod";
import { createLogger, createMemorySink } from "#src/log/mod";
import { makeCertificate } from "../http/certificate.ts";

async function placeFiles(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), "plinth-tls-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const files = { certFile: join(folder, "cert.pem"), keyFile: join(folder, "key.pem") };
  const put = async (file: string, text: string): Promise<void> => {
    await writeFile(`${file}.new`, text);
    await rename(`${file}.new`, file);
  };
  const place = async ({ cert, key }: Certificate): Promise<void> => {
    await put(files.certFile, cert);
    await put(files.keyFile, key);
  };
  return { files, put, place };
}

async function watching(t: TestContext) {
  const placed = await placeFiles(t);
  const first = await makeCertificate("first.example", 30);
  await placed.place(first);
  const sink = createMemorySink();
  const used: Certificate[] = [];
  const watch = new CertificateWatch({
    files: placed.files,
    log: createLogger({ sink }),
    clock: systemClock,
    use: (one) => used.push(one),
  });
  await watch.start();
  t.after(() => watch.stop());
  return { ...placed, first, used, watch, lines: () => sink.lines.join("\n") };
}

describe("a certificate", () => {
  it("needs both of its files", () => {
    const of = (more: object): unknown =>
      certificateFiles({ tlsCertFile: undefined, tlsKeyFile: undefined, ...more } as unknown as BaseConfig);
    assert.equal(of({}), undefined);
    assert.deepEqual(of({ tlsCertFile: "a", tlsKeyFile: "b" }), { certFile: "a", keyFile: "b" });
    assert.throws(() => of({ tlsCertFile: "a" }), { code: "E_APP_TLS_INCOMPLETE", message: /TLS_KEY_FILE/ });
    assert.throws(() => of({ tlsKeyFile: "a" }), { code: "E_APP_TLS_INCOMPLETE", message: /TLS_CERT_FILE/ });
  });

  it("is refused when a file is missing or garbage, or the two are no pair, and the fault names the file", async (t) => {
    const { files, put, place } = await placeFiles(t);
    const [one, other] = [await makeCertificate(), await makeCertificate()];
    const refused = (pattern: RegExp): Promise<void> =>
      assert.rejects(readCertificate(files), { code: "E_APP_CERTIFICATE_INVALID", message: pattern });
    await refused(/cert\.pem.*no such file/);
    await place(one);
    assert.equal((await readCertificate(files)).cert, one.cert);
    await put(files.keyFile, other.key);
    await refused(/key\.pem.*not the key/);
    await put(files.keyFile, "garbage");
    await refused(/key\.pem/);
    await put(files.certFile, "-----BEGIN CERTIFICATE-----\n");
    await refused(/cert\.pem/);
  });
});

describe("a certificate's watch", () => {
  it("puts a renewed pair to use by itself, once", async (t) => {
    const { first, place, used } = await watching(t);
    assert.deepEqual(used, [first]);
    const second = await makeCertificate("second.example", 30);
    await place(second);
    for (let tries = 0; used.length === 1 && tries < 500; tries++) await wait(10);
    assert.equal(used[1]?.cert, second.cert);
    assert.equal(used.length, 2);
  });

  it("keeps the pair in use when the new one is not valid, and says so once", async (t) => {
    const { files, put, used, watch, lines } = await watching(t);
    await put(files.keyFile, (await makeCertificate()).key);
    await watch.reload();
    await watch.reload();
    assert.equal(used.length, 1);
    assert.equal(lines().split("the new one is not valid").length - 1, 1);
    assert.doesNotMatch(lines(), /PRIVATE KEY/);
  });

  it("warns of a certificate that expires soon", async (t) => {
    const { place, watch, lines } = await watching(t);
    assert.doesNotMatch(lines(), /expires soon/);
    await place(await makeCertificate("soon.example", 2));
    await watch.reload();
    assert.match(lines(), /expires soon/);
  });
});
