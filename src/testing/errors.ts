import { type ErrorCatalogue, defineErrors } from "../core/mod.ts";

interface Details {
  LINE_MISSING: { what: string; when: string; last: readonly string[] };
  SERVER_FAILED: { reason: string; output: string };
  SERVER_STUCK: { milliseconds: number; output: string };
}

/** The errors of the testing room. */
export const errors: ErrorCatalogue<Details> = defineErrors<Details>("testing", {
  LINE_MISSING: {
    title: "Log line did not come",
    message: (d) => `No log line ${d.what} came ${d.when}. The last lines were:\n${d.last.join("\n") || "(none)"}`,
  },
  SERVER_FAILED: {
    title: "Server under test did not start",
    message: (d) => `The server under test ${d.reason}. It printed:\n${d.output || "(nothing)"}`,
  },
  SERVER_STUCK: {
    title: "Server under test did not end",
    message: (d) => `The server under test did not end within ${d.milliseconds} ms and was killed. It printed:\n${d.output}`,
  },
});
