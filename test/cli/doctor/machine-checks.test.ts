import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { machineChecks } from "#src/cli/doctor/machine-checks";
import { lookAt, makeSubject } from "../support/subject.ts";

describe("the machine", () => {
  test("is found too small for the threads that are asked for", async (t) => {
    const ids = async (count: number): Promise<readonly string[]> =>
      (await lookAt(machineChecks, await makeSubject(t, { env: { HTTP_THREADS: String(count) } }))).map(({ id }) => id);
    assert.ok((await ids(availableParallelism() + 1)).includes("threads-many"));
    assert.ok(!(await ids(1)).includes("threads-many"));
  });

  test("is found to have a data folder that cannot be one", async (t) => {
    const env = { DATA_FOLDER: "/proc/plinth/data" };
    const ids = (await lookAt(machineChecks, await makeSubject(t, { env }))).map(({ id }) => id);
    assert.ok(
      ids.some((id) => id === "data-folder-unwritable" || id === "disk-nearly-full"),
      ids.join(),
    );
  });

  test("is found to live in the past when files come from the future", async (t) => {
    const ids = async (now: number): Promise<readonly string[]> => {
      const subject = await makeSubject(t, { now });
      writeFileSync(join(subject.folder, "package.json"), "{}");
      return (await lookAt(machineChecks, subject)).map(({ id }) => id);
    };
    assert.ok((await ids(Date.now() - 3_600_000)).includes("clock-behind"));
    assert.ok(!(await ids(Date.now())).includes("clock-behind"));
  });
});
