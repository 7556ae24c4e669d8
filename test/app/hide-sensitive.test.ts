import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as z from "zod";
import { hideSensitive } from "#src/app/hide-sensitive";
import { reply, route, routes } from "#src/http/mod";
import { createLogger, createMemorySink, sensitive } from "#src/log/mod";

function createScene() {
  const sink = createMemorySink();
  const log = createLogger({ sink });
  return { log, last: () => JSON.parse(sink.lines.at(-1) ?? "{}") as Record<string, unknown> };
}

describe("sensitive fields of routes", () => {
  test("are hidden in the log wherever a route's schemas mark them, and only they", () => {
    const declared = routes(
      route.post(
        "/people/:passport",
        {
          auth: "public",
          params: z.object({ passport: sensitive(z.string()) }),
          query: z.object({ plate: sensitive(z.string()).optional() }),
          body: z.object({ diagnosis: sensitive(z.string()), city: z.string() }),
          reply: { 201: z.object({ caseFile: sensitive(z.string()) }), 409: z.object({ rival: sensitive(z.string()) }) },
        },
        () => reply.created({ caseFile: "x" }),
      ),
    );
    const { log, last } = createScene();
    const child = log.child({ part: "db" });
    hideSensitive(declared, log);
    child.info({ passport: "a", plate: "b", diagnosis: "c", caseFile: "d", rival: "e", city: "Rome" }, "all");
    const { passport, plate, diagnosis, caseFile, rival, city } = last();
    assert.deepEqual(new Set([passport, plate, diagnosis, caseFile, rival]), new Set(["[redacted]"]));
    assert.equal(city, "Rome");
  });

  test("that no name stands for keep the app from starting", () => {
    const { log } = createScene();
    const declared = routes(route.post("/pin", { auth: "public", body: sensitive(z.string()) }, () => reply.empty()));
    assert.throws(() => hideSensitive(declared, log), { code: "E_LOG_SENSITIVE_UNNAMED" });
  });

  test("that cannot be found are warned of", () => {
    const { log, last } = createScene();
    sensitive(z.string());
    const fail = (): never => {
      throw new Error("no JSON Schema for this");
    };
    const schema = {
      "~standard": { version: 1, vendor: "odd", validate: () => ({ value: 1 }), jsonSchema: { input: fail, output: fail } },
    };
    hideSensitive(routes(route.post("/odd", { auth: "public", body: schema as never }, () => reply.empty())), log);
    assert.equal(last()["level"], "warn");
    assert.match(JSON.stringify(last()["error"]), /E_LOG_SENSITIVE_UNREADABLE/);
  });
});
