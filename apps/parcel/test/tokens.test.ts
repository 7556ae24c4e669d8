import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { RequestView } from "plinth/http";
import { createFakeClock } from "plinth/testing";
import { isPlinthError, Secret } from "plinth/core";
import { createSignedIn, developmentToken, tokenCommand } from "../tokens.ts";

const key = (letter: string): Secret => new Secret(`${letter}-0f-th3-t3sts-w1th-m0r3-th4n-32-byt3s`);
const clock = createFakeClock();
const call = (subject: string, appKeys = [key("a")]) =>
  tokenCommand.run({ arguments: [subject], environment: "test", appKeys, clock }) as string;

function identify(token: string, appKeys = [key("a")], at = clock): string {
  const headers = Object.assign(Object.create(null) as Record<string, string>, { authorization: `Bearer ${token}` });
  const request: RequestView = {
    id: "1",
    method: "GET",
    url: "/",
    headers,
    address: "127.0.0.1",
    scheme: "http",
    host: "",
    route: "/",
  };
  return createSignedIn(appKeys, at).identify(request).id;
}

describe("the command token", () => {
  test("prints a token that Parcel takes for its subject", () => {
    assert.equal(identify(call("ada")), "ada");
    assert.equal(identify(call("Ädä 📦 'quoted'")), "Ädä 📦 'quoted'");
  });

  test("refuses to make one for nobody", () => {
    assert.throws(
      () => call(""),
      (thrown) => isPlinthError(thrown, "E_AUTH_TOKEN_REFUSED"),
    );
  });

  test("makes tokens that are valid for twelve hours", () => {
    const at = createFakeClock();
    const token = call("ada");
    at.advance(12 * 3_600_000 - 1_000);
    assert.equal(identify(token, undefined, at), "ada");
    at.advance(1_000);
    assert.throws(
      () => identify(token, undefined, at),
      (thrown) => isPlinthError(thrown, "E_AUTH_TOKEN_EXPIRED"),
    );
  });
});

describe("root secrets", () => {
  test("another one's tokens are refused", () => {
    assert.throws(
      () => identify(call("ada", [key("b")])),
      (thrown) => isPlinthError(thrown, "E_AUTH_TOKEN_INVALID"),
    );
  });

  test("are rotated: the first signs, all verify", () => {
    const old = call("ada", [key("a")]);
    const both = [key("b"), key("a")];
    assert.equal(identify(old, both), "ada");
    assert.equal(identify(call("ada", both), [key("b")]), "ada");
  });

  test("are not what signs: a token signed with the secret itself is refused", async () => {
    const { createTokenIssuer } = await import("plinth/auth");
    const forged = createTokenIssuer({
      key: { algorithm: "HS256", secret: key("a") },
      issuer: "parcel",
      audience: "parcel",
      clock,
    });
    assert.throws(
      () => identify(forged.issue({ subject: "ada" })),
      (thrown) => isPlinthError(thrown, "E_AUTH_TOKEN_INVALID"),
    );
  });
});

describe("what is printed when Parcel is ready", () => {
  test("has a token in development", () => {
    const [line = ""] = developmentToken({ environment: "development", appKeys: [key("a")], clock });
    assert.match(line, /^token {4}\S+$/);
    assert.equal(identify(line.slice("token".length).trim()), "dev");
  });

  for (const environment of ["production", "test"] as const) {
    test(`has none in ${environment}`, () => {
      assert.deepEqual(developmentToken({ environment, appKeys: [key("a")], clock }), []);
    });
  }
});
