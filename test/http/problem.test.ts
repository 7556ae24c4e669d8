import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PlinthError } from "#src/core/mod";
import { errors } from "#src/http/errors";
import { toProblem, toPublicError } from "#src/http/problem";

const withStatus = (status: unknown): PlinthError =>
  new PlinthError({ code: "E_X", title: "X", message: "secret", status: status as number });

describe("the error that a caller may see", () => {
  it("is one with an error status", () => {
    for (const status of [400, 404, 499, 500, 599]) assert.equal(toPublicError(withStatus(status), "1").status, status);
  });

  it("is otherwise an internal one that names the request and keeps the cause", () => {
    for (const thrown of [
      new Error("secret"),
      "secret",
      undefined,
      ...[undefined, 0, 99, 200, 399, 600, 404.5, Number.NaN, "404"].map(withStatus),
    ]) {
      const error = toPublicError(thrown, "id-1");
      assert.equal(error.code, "E_HTTP_INTERNAL");
      assert.match(error.message, /id-1/);
      assert.doesNotMatch(error.message, /secret/);
      if (thrown !== undefined) assert.equal(error.cause, thrown);
    }
  });
});

describe("a problem", () => {
  it("has the fields of RFC 9457 and the stable code", () => {
    const faults = [{ in: "body", pointer: "/a", detail: "wrong" }];
    assert.deepEqual(toProblem(errors.REQUEST_INVALID({ faults: 1 }, { faults }), "7", "/x"), {
      type: "about:blank",
      title: "Invalid request",
      status: 400,
      detail: "1 value(s) of the request are missing or wrong; see `errors`.",
      instance: "/x",
      code: "E_HTTP_REQUEST_INVALID",
      requestId: "7",
      errors: faults,
    });
    assert.ok(!("instance" in toProblem(errors.FORBIDDEN({}), "7")));
    assert.ok(!("errors" in toProblem(errors.FORBIDDEN({}), "7")));
  });
});

describe("the catalogue", () => {
  it("gives every error that callers see a status of 4xx or 5xx, and faults of the program none", () => {
    const inside = new Set([
      "ROUTES_INVALID",
      "REPLY_INVALID",
      "REPLY_UNDECLARED",
      "REPLY_STATUS_INVALID",
      "REPLY_HEADER_INVALID",
      "FOLDER_MISSING",
      "EVENT_INVALID",
      "CLIENT_SLOW",
      "FILE_RULE_INVALID",
      "UPLOAD_GONE",
      "LIVE_LIMIT_INVALID",
      "BROADCAST_INVALID",
      "BROADCAST_TOO_LARGE",
      "BROADCAST_STOPPED",
      "MESSAGE_INVALID",
      "MESSAGE_RATE",
      "MESSAGE_UNSENDABLE",
      "WEBSOCKET_MALFORMED",
      "PEER_SILENT",
    ]);
    for (const [reason, factory] of Object.entries(errors)) {
      assert.equal(factory.code, `E_HTTP_${reason}`);
      if (inside.has(reason)) assert.equal(factory.status, undefined, reason);
      else assert.ok(factory.status !== undefined && factory.status >= 400 && factory.status <= 599, reason);
    }
  });
});
