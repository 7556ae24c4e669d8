import assert from "node:assert/strict";
import { test } from "node:test";
import { processEnvironment } from "#src/config/process-environment";

test("processEnvironment gives the variables of this process", () => assert.equal(processEnvironment(), process.env));
