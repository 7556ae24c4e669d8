import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { tlsChecks } from "#src/cli/doctor/tls-checks";
import { findingsOf, makeSubject } from "../support/subject.ts";

const DAY_MS = 86_400_000;

describe("the TLS pair", () => {
  let folder = "";
  const path = (name: string): string => join(folder, name);
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "plinth-tls-"));
    for (const name of ["a", "b"]) {
      const request = [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "90",
        "-subj",
        "/CN=a",
      ];
      execFileSync("openssl", [...request, "-keyout", path(`${name}.key`), "-out", path(`${name}.crt`)], { stdio: "ignore" });
      chmodSync(path(`${name}.key`), 0o600);
    }
  });
  after(() => rmSync(folder, { recursive: true }));

  const pair = (cert: string, key: string) => ({ TLS_CERT_FILE: path(cert), TLS_KEY_FILE: path(key) });

  test("is looked at only where there is one", async (t) => {
    assert.deepEqual(await findingsOf(tlsChecks, await makeSubject(t)), []);
    assert.deepEqual(await findingsOf(tlsChecks, await makeSubject(t, { env: pair("a.crt", "a.key") })), []);
  });

  test("is found incomplete, unreadable, mismatched", async (t) => {
    const cases = [
      [{ TLS_CERT_FILE: path("a.crt") }, ["error tls-pair-incomplete"]],
      [pair("none.crt", "a.crt"), ["error tls-file-unreadable", "error tls-file-unreadable"]],
      [pair("a.crt", "b.key"), ["error tls-pair-mismatch"]],
    ] as const;
    for (const [env, found] of cases) assert.deepEqual(await findingsOf(tlsChecks, await makeSubject(t, { env })), found);
  });

  test("is found to end soon, to have ended, and not to have begun", async (t) => {
    const at = async (days: number): Promise<readonly string[]> =>
      findingsOf(tlsChecks, await makeSubject(t, { env: pair("a.crt", "a.key"), now: Date.now() + days * DAY_MS }));
    assert.deepEqual(await at(75), []);
    assert.deepEqual(await at(77), ["warning tls-expires-soon"]);
    assert.deepEqual(await at(91), ["error tls-expired"]);
    assert.deepEqual(await at(-1), ["error tls-not-yet-valid"]);
  });

  test("has a key that only its owner may read", async (t) => {
    chmodSync(path("b.key"), 0o644);
    assert.deepEqual(await findingsOf(tlsChecks, await makeSubject(t, { env: pair("b.crt", "b.key") })), [
      "warning tls-key-readable",
    ]);
  });
});
