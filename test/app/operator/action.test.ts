import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setting } from "#src/config/mod";
import { Secret } from "#src/core/mod";
import { APP_KEY, type AdminCaller, createAdminCaller } from "../support/admin-caller.ts";

interface Scene extends AdminCaller {
  readonly done: unknown[];
}

async function createScene(): Promise<Scene> {
  const done: unknown[] = [];
  const admin = await createAdminCaller((action) => [
    action({
      method: "PUT",
      path: "/-/thing",
      summary: "Sets the thing",
      input: {
        size: setting.integer({ min: 1, max: 9 }),
        for: setting.duration({ default: "10m" }),
        note: setting.text({ optional: true }),
      },
      run: ({ input, operator }) => {
        done.push([operator.id, input]);
        return { set: input.size };
      },
    }),
    action({ method: "GET", path: "/-/thing", summary: "Shows the thing", run: () => ({ size: 3 }) }),
    action({
      method: "POST",
      path: "/-/fail",
      summary: "Fails",
      run: () => {
        throw new Error("nobody foresaw this");
      },
    }),
  ]);
  return { ...admin, done };
}

const PUT = { input: { size: 5 } } as const;

describe("an action of the admin server", () => {
  test("is done for a token of its own, with defaults filled in, and written to the log with who did it", async () => {
    const admin = await createScene();
    const answer = await admin.call("PUT", "/-/thing", PUT);
    assert.deepEqual([answer.status, answer.body], [200, { set: 5 }]);
    assert.deepEqual(admin.done, [["ada@desk", { size: 5, for: "10m" }]]);
    const line = admin.log.find("an operator acted");
    assert.equal(line?.["operator"], "ada@desk");
    assert.equal(line["action"], "PUT /-/thing");
    assert.deepEqual(line["input"], { size: 5, for: "10m" });
  });

  test("that only asks is not in the audit, but needs a token too", async () => {
    const admin = await createScene();
    assert.deepEqual((await admin.call("GET", "/-/thing")).body, { size: 3 });
    assert.equal(admin.log.filter("an operator acted").length, 0);
    assert.equal((await admin.call("GET", "/-/thing", { headers: { authorization: undefined } })).status, 401);
  });

  test("without a good token is not done, and says how to get one", async () => {
    const admin = await createScene();
    const other = new Secret("kP8sWn4ZbQ6xYt3RvM9cHjL2fGdU7aEo");
    const tokens = [
      undefined,
      "",
      "Bearer",
      "Bearer ",
      `Basic ${admin.token("PUT /-/thing")}`,
      `Bearer ${admin.token("PUT /-/thing", other)}`,
      `Bearer ${admin.token("GET /-/thing")}`,
      `Bearer ${APP_KEY.reveal()}`,
    ];
    for (const authorization of tokens) {
      const answer = await admin.call("PUT", "/-/thing", { ...PUT, headers: { authorization } });
      assert.equal(answer.status, 401, String(authorization));
      assert.equal((answer.body as { code: string }).code, "E_APP_OPERATOR_UNKNOWN");
      assert.match(answer.headers.get("www-authenticate") ?? "", /^Bearer /);
    }
    assert.deepEqual(admin.done, []);
  });

  test("with a token that is past says that clocks may differ", async () => {
    const admin = await createScene();
    const authorization = `Bearer ${admin.token("PUT /-/thing")}`;
    admin.clock.advance(60_001);
    const answer = await admin.call("PUT", "/-/thing", { ...PUT, headers: { authorization } });
    assert.deepEqual([answer.status, (answer.body as { code: string }).code], [401, "E_APP_OPERATOR_EXPIRED"]);
  });

  test("lesson: CVE-2025-54782, CVE-2025-24010: is refused to a browser, whatever token it brings", async () => {
    const admin = await createScene();
    const fields = [
      { origin: "http://evil.example" },
      { origin: "null" },
      { origin: "http://127.0.0.1:3001" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-origin" },
      { "sec-fetch-site": "none" },
    ];
    for (const headers of fields) {
      const answer = await admin.call("PUT", "/-/thing", { ...PUT, headers });
      assert.equal(answer.status, 403, JSON.stringify(headers));
    }
    assert.deepEqual(admin.done, []);
  });

  test("says everything that is wrong with its input, and does nothing", async () => {
    const admin = await createScene();
    const answer = await admin.call("PUT", "/-/thing", { input: { size: 10, for: "soon", siez: 3 } });
    assert.equal(answer.status, 400);
    const { errors } = answer.body as { errors: { pointer: string; detail: string }[] };
    assert.deepEqual(
      errors.map(({ pointer }) => pointer),
      ["/siez", "/size", "/for"],
    );
    assert.match(errors[0]?.detail ?? "", /did you mean "size"\?/);
    for (const input of [
      "[]",
      "null",
      "3",
      "{",
      "[".repeat(10_000),
      `{"size":5,"note":"${"x".repeat(20_000)}"}`,
      `{"__proto__":{}}`,
    ]) {
      const { status } = await admin.call("PUT", "/-/thing", { input });
      assert.ok(status === 400 || status === 413, `${status} for ${input.slice(0, 20)}`);
    }
    assert.deepEqual(admin.done, []);
  });

  test("that fails is written to the log with who tried", async () => {
    const admin = await createScene();
    assert.equal((await admin.call("POST", "/-/fail")).status, 500);
    const line = admin.log.find("an operator's action failed");
    assert.equal(line?.["operator"], "ada@desk");
    assert.equal((line["error"] as { message: string }).message, "nobody foresaw this");
  });

  test("that is refused again and again fills no log: one line in ten seconds says how often", async () => {
    const admin = await createScene();
    const refused = { ...PUT, headers: { authorization: undefined } };
    for (let count = 0; count < 5; count++) await admin.call("PUT", "/-/thing", refused);
    admin.clock.advance(10_000);
    await admin.call("PUT", "/-/thing", refused);
    const lines = admin.log.filter("an admin action was refused");
    assert.deepEqual(
      lines.map((line) => [line["reason"], line["refusals"]]),
      [
        ["missing", 1],
        ["missing", 5],
      ],
    );
  });
});
