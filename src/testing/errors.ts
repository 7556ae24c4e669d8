import { type ErrorCatalogue, defineErrors } from "../core/mod.ts";

interface Details {
  CALL_LOST: { method: string; when: string };
  DOCUMENT_MISSING: { status: number };
  FUZZ_FAILED: { operation: string; seed: number; request: string; answer: string };
  LINE_MISSING: { what: string; when: string; last: readonly string[] };
  PACKAGE_MISSING: { package: string };
  SERVER_FAILED: { reason: string; output: string };
  SERVER_STUCK: { milliseconds: number; output: string };
  PROGRAM_MISSING: { program: string };
  SERVERS_UNKNOWN: { value: string };
  SERVICE_UNREACHABLE: { service: string; variable: string; reason: string };
  SERVICE_MISSING: { service: string; reason: string };
}

/** The errors of the testing room. */
export const errors: ErrorCatalogue<Details> = defineErrors<Details>("testing", {
  CALL_LOST: {
    title: "Call lost on purpose",
    message: (d) => `The call of "${d.method}" was lost on purpose, ${d.when}.`,
  },
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
    message: (d) =>
      `This part of plinth/testing needs the package "${d.package}". Install it: npm install --save-dev ${d.package}`,
  },
  SERVER_FAILED: {
    title: "Server under test did not start",
    message: (d) => `The server under test ${d.reason}. It printed:\n${d.output || "(nothing)"}`,
  },
  SERVER_STUCK: {
    title: "Server under test did not end",
    message: (d) => `The server under test did not end within ${d.milliseconds} ms and was killed. It printed:\n${d.output}`,
  },
  PROGRAM_MISSING: {
    title: "Program missing",
    message: (d) => `No program "${d.program}" is on the PATH. Install it.`,
  },
  SERVERS_UNKNOWN: {
    title: "Unknown value of TEST_SERVERS",
    message: (d) => `TEST_SERVERS is "${d.value}". Set it to any, own or named, or unset it.`,
  },
  SERVICE_MISSING: {
    title: "Service missing",
    message: (d) => `There is no ${d.service} for tests: ${d.reason}`,
  },
  SERVICE_UNREACHABLE: {
    title: "Service unreachable",
    message: (d) =>
      `The ${d.service} that ${d.variable} names cannot be used: ${d.reason}. Correct the variable, or unset it: then a server of this machine is used.`,
  },
});
