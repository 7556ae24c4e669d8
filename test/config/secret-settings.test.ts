import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { InputForm, Setting } from "#src/config/contract";
import { connection, secret, url } from "#src/config/secret-settings";
import { isSecret } from "#src/core/mod";

function read(setting: Setting<unknown>, input: unknown, form: InputForm = "text"): unknown {
  const reading = setting.read(input, form);
  assert.ok(!(reading instanceof Promise));
  if ("refusals" in reading) return reading.refusals.map((refusal) => refusal.detail).join();
  return isSecret(reading.value) ? { secret: reading.value.reveal() } : reading.value;
}

describe("secret", () => {
  test("is kept in a Secret", () => assert.deepEqual(read(secret(), "hunter2"), { secret: "hunter2" }));

  test("is text and not empty", () => {
    for (const input of ["", 123_456, true, null, ["hunter2"], { hunter2: 1 }]) {
      assert.equal(read(secret(), input, "typed"), "expected a secret text that is not empty");
    }
  });

  test("counts bytes, not characters", () => {
    const setting = secret({ minBytes: 8 });
    assert.equal(read(setting, "hunter2"), "expected a secret text of at least 8 bytes");
    assert.deepEqual(read(setting, "ääää"), { secret: "ääää" });
  });

  test("takes no default", () => {
    assert.equal(read(secret(), "hunter2", "default"), "expected a secret text that is not empty");
    // @ts-expect-error -- a secret has none
    secret({ default: "hunter2" });
  });

  test("shows nothing", () => {
    assert.equal(secret().show("hunter2"), "[secret]");
    assert.equal(secret().secret, true);
  });
});

describe("url", () => {
  test("is kept as written", () => assert.equal(read(url(), "https://example.org"), "https://example.org"));

  for (const input of [
    "",
    "example.org",
    "//example.org",
    "ftp://example.org",
    "javascript:alert(1)",
    "https://",
    "https://exa mple.org",
    "https://a:b@example.org",
    "https://a@example.org",
    " https://example.org",
    "https://example.org\n",
    1,
    null,
  ]) {
    test(`refuses ${JSON.stringify(input)}`, () => {
      assert.equal(read(url(), input, "typed"), "expected a URL (http, https) without user name or password");
    });
  }

  test("takes the schemes that it is told", () => {
    assert.equal(read(url({ schemes: ["amqp"] }), "amqp://queue"), "amqp://queue");
    assert.match(String(read(url({ schemes: ["amqp"] }), "https://queue")), /amqp/);
  });
});

describe("connection", () => {
  const database = connection({ schemes: ["postgres", "sqlite", "s3", "file"] });
  const shown = (text: string): string => {
    const reading = database.read(text, "text");
    assert.ok("value" in reading, text);
    return database.show(reading.value);
  };

  test("is kept in a Secret", () => {
    const text = "postgres://app:hunter2@db/app";
    assert.deepEqual(read(database, text), { secret: text });
    assert.equal(database.secret, true);
  });

  test("refuses other schemes and what is no URL", () => {
    for (const input of ["mysql://db", "db:5432", "", "postgres", "postgres://db:port/app", 5432, null, "postgres://a b"]) {
      assert.equal(read(database, input, "typed"), "expected a connection URL (postgres, sqlite, s3, file)");
    }
  });

  test("takes no default with credentials", () => {
    assert.match(String(read(database, "postgres://app:hunter2@db/app", "default")), /^expected/);
    assert.deepEqual(read(database, "sqlite:./data/app.db", "default"), { secret: "sqlite:./data/app.db" });
  });

  const views: readonly (readonly [string, string])[] = [
    ["postgres://app:hunter2@db:5432/app", "postgres://[secret]@db:5432/app"],
    ["postgres://app@db/app", "postgres://[secret]@db/app"],
    ["postgres://db/app?sslpassword=hunter2&x=1", "postgres://db/app?[secret]"],
    ["postgres://db/app#hunter2", "postgres://db/app#[secret]"],
    ["postgres://app:hunt@er2@db/app", "postgres://[secret]@db/app"],
    ["sqlite:./data/app.db", "sqlite:./data/app.db"],
    ["sqlite::memory:", "sqlite::memory:"],
    ["file:./data/files", "file:./data/files"],
    ["s3://key:hunter2@bucket?region=eu", "s3://[secret]@bucket?[secret]"],
    // Passwords that were not percent-encoded and spill over: nothing is shown.
    ["postgres://app:12/hunter2@db/app", "[secret]"],
    ["postgres://app:12?hunter2@db/app", "[secret]"],
    ["postgres://app:12#hunter2@db/app", "[secret]"],
    ["postgres:app:hunter2@db", "[secret]"],
  ];
  for (const [text, view] of views) {
    test(`shows ${text} as ${view}`, () => assert.equal(shown(text), view));
  }

  test("shows no part of any password, encoded or not", () => {
    const password = fc.string({ minLength: 8, maxLength: 24 }).map((noise) => `hunter2${noise}`);
    fc.assert(
      fc.property(password, fc.boolean(), (raw, encoded) => {
        const reading = database.read(`postgres://app:${encoded ? encodeURIComponent(raw) : raw}@db/app`, "text");
        if ("value" in reading) assert.doesNotMatch(database.show(reading.value), /hunter2/);
        else assert.doesNotMatch(JSON.stringify(reading), /hunter2/);
      }),
    );
  });

  test("shows nothing of what is no Secret", () => assert.equal(database.show("postgres://db"), "[secret]"));
});
