import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { Candidate } from "#src/config/contract";
import { defineConfig } from "#src/config/define-config";
import { layerOfVariables, readEnvFile, readNamedFiles, readSecretsFolder } from "#src/config/layer-variables";
import * as setting from "#src/config/setting";
import { faultLines } from "./support/failure.ts";
import { makeFolder } from "./support/folder.ts";

const schema = defineConfig({
  smtpPassword: setting.secret({ optional: true }),
  // Declared beside each other: SIGNING_CERT_FILE is a value of its own and never names the file of SIGNING_CERT.
  signingCert: setting.text({ optional: true }),
  signingCertFile: setting.text({ optional: true }),
});

function lines(candidates: readonly Candidate[]): string[] {
  return candidates.map(({ key, input, form, source }) => `${key.name}=${String(input)} ${form} ${source}`);
}

describe(".env files", () => {
  test("are read as Node reads them", (t) => {
    const folder = makeFolder(t, { ".env": "# comment\r\nexport A=1\r\nB='x y' # note\nC=\"a\nb\"\nD=$A\nE=\n" });
    assert.deepEqual({ ...readEnvFile(folder, ".env").variables }, { A: "1", B: "x y", C: "a\nb", D: "$A", E: "" });
  });

  test("may have a byte order mark", (t) => {
    assert.deepEqual({ ...readEnvFile(makeFolder(t, { ".env": "\ufeffA=1" }), ".env").variables }, { A: "1" });
  });

  test("are not needed", (t) =>
    assert.deepEqual(readEnvFile(makeFolder(t), ".env"), { name: ".env", variables: {}, faults: [] }));

  test("are refused when they are no text files of a sane size", (t) => {
    const folder = makeFolder(t, { nul: "A=\0", large: "x".repeat(262_145) });
    mkdirSync(join(folder, "folder"));
    for (const [name, detail] of [
      ["nul", "holds a NUL byte"],
      ["large", "is larger than 256kb"],
      ["folder", "is not a regular file"],
    ] as const) {
      const { variables, faults } = readEnvFile(folder, name);
      assert.deepEqual(variables, {});
      assert.deepEqual(faultLines(faults), [` | ${detail} | ${name}`]);
    }
  });
});

describe("variables", () => {
  test("offer what settings read, and nothing else", () => {
    const offered = layerOfVariables(
      schema,
      { PORT: "1", SMTP_PASSWORD: "", NOTHING: "x" },
      (variable) => `environment ${variable}`,
    );
    assert.deepEqual(lines(offered), ["port=1 text environment PORT", "smtpPassword= text environment SMTP_PASSWORD"]);
  });

  test("of a polluted prototype offer nothing", () => {
    assert.deepEqual(layerOfVariables(schema, Object.create({ PORT: "1" }) as Record<string, string>, String), []);
    assert.deepEqual(layerOfVariables(schema, { PORT: undefined }, String), []);
  });
});

describe("files named by *_FILE variables", () => {
  test("give the value, without the line break at their end", (t) => {
    const folder = makeFolder(t, { a: "hunter2\n", b: " hunter2 \r\n", c: "hunter2\n\n", d: "hunter2" });
    const read = (name: string): unknown => readNamedFiles(schema, { SMTP_PASSWORD_FILE: name }, folder).candidates[0]?.input;
    assert.deepEqual(["a", "b", "c", "d"].map(read), ["hunter2", " hunter2 ", "hunter2\n", "hunter2"]);
  });

  test("are found from the configuration's folder, and named whole", (t) => {
    const folder = makeFolder(t, { "run/smtp": "x" });
    for (const path of ["run/smtp", join(folder, "run/smtp")]) {
      const { candidates } = readNamedFiles(schema, { SMTP_PASSWORD_FILE: path }, folder);
      assert.deepEqual(lines(candidates), [`smtpPassword=x text file ${join(folder, "run/smtp")}`]);
    }
  });

  test("do not include variables that settings read themselves", (t) => {
    const folder = makeFolder(t, { cert: "x" });
    assert.deepEqual(readNamedFiles(schema, { SIGNING_CERT_FILE: "cert", TLS_CERT_FILE: "none", TLS_KEY_FILE: "none" }, folder), {
      candidates: [],
      faults: [],
    });
  });

  test("that cannot be read are faults that do not repeat the path, which may be the secret itself", (t) => {
    const folder = makeFolder(t, { nul: "a\0", large: "x".repeat(65_537) });
    for (const [path, detail] of [
      ["hunter2", "does not exist"],
      ["", "is not a regular file"],
      [".", "is not a regular file"],
      ["nul", "holds a NUL byte"],
      ["large", "is larger than 64kb"],
    ] as const) {
      const { candidates, faults } = readNamedFiles(schema, { SMTP_PASSWORD_FILE: path }, folder);
      assert.deepEqual(candidates, []);
      assert.deepEqual(faultLines(faults), [`/smtpPassword | ${detail} | file named by SMTP_PASSWORD_FILE`]);
    }
  });

  test("cannot drive a terminal by their names", (t) => {
    const folder = makeFolder(t, { "\u001b[2J": "x" });
    const { candidates } = readNamedFiles(schema, { SMTP_PASSWORD_FILE: "\u001b[2J" }, folder);
    assert.equal(candidates[0]?.source, `file ${folder}/\\u001b[2J`);
  });
});

describe("a secrets folder", () => {
  test("gives files named like variables, in capitals or small letters", (t) => {
    const folder = makeFolder(t, { SMTP_PASSWORD: "a\n", port: "1\n", unrelated: "x", "..data": "x" });
    assert.deepEqual(lines(readSecretsFolder(schema, folder).candidates), [
      `port=1 text file ${folder}/port`,
      `smtpPassword=a text file ${folder}/SMTP_PASSWORD`,
    ]);
  });

  test("that is missing is a fault: secrets were promised", (t) => {
    const folder = join(makeFolder(t), "none");
    assert.deepEqual(faultLines(readSecretsFolder(schema, folder).faults), [` | cannot be listed (ENOENT) | ${folder}`]);
  });

  test("with something unreadable in it is a fault", (t) => {
    const folder = makeFolder(t);
    mkdirSync(join(folder, "SMTP_PASSWORD"));
    const { candidates, faults } = readSecretsFolder(schema, folder);
    assert.deepEqual(candidates, []);
    assert.deepEqual(faultLines(faults), [`/smtpPassword | is not a regular file | file ${folder}/SMTP_PASSWORD`]);
  });
});
