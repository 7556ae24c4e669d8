import { type ErrorCatalogue, defineErrors } from "../core/mod.ts";

interface Details {
  LEVEL_INVALID: { level: string };
  REDACT_PATH_INVALID: { path: string };
  LINE_LIMIT_INVALID: { bytes: number };
  SINK_OPEN_FAILED: { target: string; reason: string };
  RING_TOO_SMALL: { bytes: number; least: number };
  LOGGER_FOREIGN: Record<string, never>;
  SENSITIVE_UNSUPPORTED: Record<string, never>;
  SENSITIVE_UNNAMED: Record<string, never>;
  SENSITIVE_UNREADABLE: { reason: string };
}

/** The errors of the log room. All of them are thrown at boot: no call of a logger throws. */
export const errors: ErrorCatalogue<Details> = defineErrors<Details>("log", {
  LEVEL_INVALID: {
    title: "Unknown log level",
    message: (d) => `"${d.level}" is not a log level. Use trace, debug, info, warn, error, fatal or silent.`,
  },
  REDACT_PATH_INVALID: {
    title: "Invalid redaction path",
    message: (d) =>
      `"${d.path}" is not a redaction path. Write names separated by dots, "*" for any one name: "password", "headers.authorization", "cards.*.number".`,
  },
  LINE_LIMIT_INVALID: {
    title: "Line limit too small",
    message: (d) => `A log line of at most ${d.bytes} bytes has no room for its own fields. Allow at least "1kb".`,
  },
  SINK_OPEN_FAILED: {
    title: "Log target cannot be opened",
    message: (d) => `Cannot write logs to ${d.target}: ${d.reason}. Check that it exists and may be written to.`,
  },
  RING_TOO_SMALL: {
    title: "Log ring too small",
    message: (d) => `A log ring of ${d.bytes} bytes is too small; it needs at least ${d.least}.`,
  },
  LOGGER_FOREIGN: {
    title: "Foreign logger",
    message: () => "The access log, and what hides more fields, need a logger made by createLogger, or a child of one.",
  },
  SENSITIVE_UNSUPPORTED: {
    title: "Schema cannot be marked",
    message: () =>
      "sensitive() needs a schema with a meta() method, as zod's are. For another library, list the field in the logger's `redact` option.",
  },
  SENSITIVE_UNNAMED: {
    title: "Sensitive value without a name",
    message: () =>
      "What is marked has no field name by which logs could know it. Mark the fields instead: z.object({ pin: sensitive(z.string()) }).",
  },
  SENSITIVE_UNREADABLE: {
    title: "Schema cannot be searched",
    message: (d) =>
      `The schema's sensitive fields cannot be found because it has no JSON Schema: ${d.reason}. List them in the logger's \`redact\` option.`,
  },
});
