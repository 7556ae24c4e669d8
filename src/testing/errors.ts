import { type ErrorCatalogue, defineErrors } from "../core/mod.ts";

interface Details {
  DOCUMENT_MISSING: { status: number };
  FUZZ_FAILED: { operation: string; seed: number; request: string; answer: string };
  LINE_MISSING: { what: string; when: string; last: readonly string[] };
  PACKAGE_MISSING: { package: string };
  SERVER_FAILED: { reason: string; output: string };
  SERVER_STUCK: { milliseconds: number; output: string };
}

/** The errors of the testing room. */
export const errors: ErrorCatalogue<Details> = defineErrors<Details>("testing", {
  DOCUMENT_MISSING: {
    title: "No API document",
    message: (d) =>
      `The app answered /openapi.json with ${d.status}. Turn its setting \`apiDocs\` on, or hand over the document.`,
  },
  FUZZ_FAILED: {
    title: "Answer breaks the document",
    message: (d) => `An answer of ${d.operation} ${d.answer}\nThe request, which \`seed: ${d.seed}\` makes again:\n${d.request}`,
  },
  LINE_MISSING: {
    title: "Log line did not come",
    message: (d) => `No log line ${d.what} came ${d.when}. The last lines were:\n${d.last.join("\n") || "(none)"}`,
  },
  PACKAGE_MISSING: {
    title: "Package missing",
    message: (d) => `Requests from schemas need the package "${d.package}". Install it: npm install --save-dev ${d.package}`,
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
