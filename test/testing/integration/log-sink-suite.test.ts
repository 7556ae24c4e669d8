import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFdSink } from "#src/log/fd-sink";
import { logSinkSuite } from "#src/testing/log-sink-suite";

logSinkSuite.run("file", () => {
  const folder = mkdtempSync(join(tmpdir(), "plinth-log-sink-"));
  const path = join(folder, "log");
  const sink = createFdSink({ path });
  return {
    sink,
    received: () => readFileSync(path, "utf8"),
    [Symbol.dispose](): void {
      sink.close();
      rmSync(folder, { recursive: true });
    },
  };
});
