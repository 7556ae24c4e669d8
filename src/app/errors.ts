import { type ErrorCatalogue, defineErrors } from "../core/mod.ts";

interface Details {
  PORT_IN_USE: { host: string; port: number; what: string };
  PORT_REFUSED: { host: string; port: number; reason: string };
  MODULE_MISSING: { path: string; reason: string };
  MODULE_INVALID: { path: string };
  THREAD_FAILED: { thread: string; reason: string };
  THREAD_START_TIMEOUT: { thread: string; milliseconds: number };
}

/** The errors of the app room. */
export const errors: ErrorCatalogue<Details> = defineErrors<Details>("app", {
  PORT_IN_USE: {
    title: "Port in use",
    message: (d) => `${d.what} cannot listen on ${d.host}:${d.port}: another program does. Stop it, or set another port.`,
  },
  PORT_REFUSED: {
    title: "Port refused",
    message: (d) => `Cannot listen on ${d.host}:${d.port}: ${d.reason}`,
  },
  MODULE_MISSING: {
    title: "App not found",
    message: (d) => `${d.path} could not be loaded: ${d.reason}`,
  },
  MODULE_INVALID: {
    title: "Not an app",
    message: (d) => `${d.path} has no default export made by defineApp({...}). Export the app as default.`,
  },
  THREAD_FAILED: {
    title: "Thread did not start",
    message: (d) => `Thread ${d.thread} did not start: ${d.reason}`,
  },
  THREAD_START_TIMEOUT: {
    title: "Thread start timed out",
    message: (d) => `Thread ${d.thread} was not ready within ${d.milliseconds} ms. See what its services wait for.`,
  },
});
