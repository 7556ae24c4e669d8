import assert from "node:assert/strict";
import { test } from "node:test";
import * as log from "#src/log/mod";

test("the door opens onto the room's own names and no more", () => {
  assert.deepEqual(Object.keys(log).sort(), [
    "DebugScopes",
    "REDACTED",
    "Redaction",
    "SENSITIVE_NAMES",
    "addRedaction",
    "createAccessLog",
    "createDoorbell",
    "createFdSink",
    "createLogRing",
    "createLogger",
    "createMemorySink",
    "createPrettySink",
    "createRingReader",
    "createRingSink",
    "errors",
    "hasSensitiveMarks",
    "sensitive",
    "sensitivePaths",
  ]);
});
