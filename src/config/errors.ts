import { type ErrorCatalogue, type Fault, defineErrors } from "../core/mod.ts";
import { keyOfPointer } from "./pointer.ts";

const LISTED = 50;

interface Details {
  INVALID: { environment: string; faults: readonly Fault[] };
  SCHEMA_INVALID: { key: string; reason: string };
  KEY_RESERVED: { key: string };
  APP_KEY_MISSING: { environment: string };
  APP_KEY_WEAK: { source: string; reason: string };
  APP_KEY_FILE_FAILED: { path: string; reason: string };
}

/** The errors of the config room. No message ever holds a configured value. */
export const errors: ErrorCatalogue<Details> = defineErrors<Details>("config", {
  INVALID: {
    title: "Invalid configuration",
    message: (d) => {
      const count = d.faults.length === 1 ? "1 fault" : `${d.faults.length} faults`;
      const rest = d.faults.length > LISTED ? [`  and ${d.faults.length - LISTED} more`] : [];
      const lines = [...d.faults.slice(0, LISTED).map((fault) => `  ${describeFault(fault)}`), ...rest];
      return `The configuration (${d.environment}) has ${count} to be corrected:\n${lines.join("\n")}`;
    },
  },
  SCHEMA_INVALID: {
    title: "Invalid configuration schema",
    message: (d) => `Setting "${d.key}" ${d.reason}`,
  },
  KEY_RESERVED: {
    title: "Reserved configuration key",
    message: (d) =>
      `The key "${d.key}" belongs to Plinth's own settings. Name the app's setting differently, or put it into a group.`,
  },
  APP_KEY_MISSING: {
    title: "No root secret",
    message: (d) =>
      `APP_KEY is not set and ${d.environment} does not generate one. Set it to at least 32 random bytes, such as the output of \`openssl rand -base64 48\`.`,
  },
  APP_KEY_WEAK: {
    title: "Weak root secret",
    message: (d) =>
      `The root secret from ${d.source} ${d.reason} Use random bytes, such as the output of \`openssl rand -base64 48\`.`,
  },
  APP_KEY_FILE_FAILED: {
    title: "Root secret file failed",
    message: (d) =>
      `The generated root secret cannot be kept in ${d.path}: ${d.reason} Make the folder writable, or set APP_KEY.`,
  },
});

/** One fault as a line for people: `port: expected a port (environment PORT)`. */
export function describeFault(fault: Fault): string {
  const key = keyOfPointer(fault.pointer);
  return key === "" ? `${fault.in}: ${fault.detail}` : `${key}: ${fault.detail} (${fault.in})`;
}
