import { type ErrorCatalogue, defineErrors } from "../core/mod.ts";

interface Details {
  PORT_IN_USE: { host: string; port: number; what: string };
  PORT_REFUSED: { host: string; port: number; reason: string };
  TLS_INCOMPLETE: { missing: string };
  CERTIFICATE_INVALID: { file: string; reason: string };
  MODULE_MISSING: { path: string; reason: string };
  MODULE_FAILED: { path: string; reason: string };
  MODULE_INVALID: { path: string };
  THREAD_FAILED: { thread: string; reason: string };
  THREAD_START_TIMEOUT: { thread: string; milliseconds: number };
  THREAD_DIED: object;
  BROWSER_REFUSED: object;
  OPERATOR_UNKNOWN: object;
  OPERATOR_EXPIRED: object;
  LOG_TIME_INVALID: { least: string; most: string };
  LOG_SCOPE_INVALID: { reason: string };
  LOG_SCOPES_FULL: { most: number };
  SERVICE_UNKNOWN: { service: string; known: readonly string[] };
  ACTION_UNKNOWN: { service: string; action: string; known: readonly string[] };
  NOBODY_SERVES: object;
}

/** The errors of the app room. */
export const errors: ErrorCatalogue<Details> = defineErrors<Details>("app", {
  PORT_IN_USE: {
    title: "Port in use",
    message: (d) => `${d.what} cannot listen on ${placeOf(d)}: another program does. Stop it, or set another port.`,
  },
  PORT_REFUSED: {
    title: "Port refused",
    message: (d) => `Cannot listen on ${placeOf(d)}: ${d.reason}`,
  },
  TLS_INCOMPLETE: {
    title: "Half a certificate",
    message: (d) => `HTTPS needs a certificate and its key: set ${d.missing} too, or neither.`,
  },
  CERTIFICATE_INVALID: {
    title: "Invalid certificate",
    message: (d) => `${d.file} cannot be used for HTTPS: ${d.reason}`,
  },
  MODULE_MISSING: {
    title: "App not found",
    message: (d) => `${d.path} could not be loaded: ${d.reason}`,
  },
  MODULE_FAILED: {
    title: "App does not load",
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
  THREAD_DIED: {
    status: 500,
    title: "Thread died",
    message: () => "The thread that worked on the request died before there was an answer. It may have been carried out in part.",
  },
  BROWSER_REFUSED: {
    status: 403,
    title: "Browsers may not act here",
    message: () => "Actions of the admin server are not for browsers. Use the command plinth.",
  },
  OPERATOR_UNKNOWN: {
    status: 401,
    title: "Operator not known",
    message: () => "This action needs a token for it that is made from this program's APP_KEY. Use the command plinth.",
  },
  OPERATOR_EXPIRED: {
    status: 401,
    title: "Operator token expired",
    message: () =>
      "The token is good for a minute, and it is past or not near yet. Make another, and compare the clocks of both machines.",
  },
  LOG_TIME_INVALID: {
    status: 400,
    title: "Time not possible",
    message: (d) => `What is ordered at run time holds for ${d.least} to ${d.most}. For longer, change the configuration.`,
  },
  LOG_SCOPE_INVALID: { status: 400, title: "Scope not possible", message: (d) => `The scope ${d.reason}.` },
  LOG_SCOPES_FULL: {
    status: 409,
    title: "Too many scopes",
    message: (d) => `There are ${d.most} scopes already. Wait until one ends, or reset them.`,
  },
  SERVICE_UNKNOWN: {
    status: 404,
    title: "Unknown service",
    message: (d) =>
      `No service named "${d.service}" lets operators act on it. ${d.known.length === 0 ? "None of this app's does" : `There are: ${d.known.join(", ")}`}.`,
  },
  ACTION_UNKNOWN: {
    status: 404,
    title: "Unknown action",
    message: (d) => `The service "${d.service}" has no action "${d.action}". It has: ${d.known.join(", ")}.`,
  },
  NOBODY_SERVES: {
    status: 503,
    title: "Nobody serves",
    message: () =>
      "No thread of the program answers now: it starts, ends, or is blocked. Try again, and look at `plinth status`.",
  },
});

function placeOf({ host, port }: { readonly host: string; readonly port: number }): string {
  return host.startsWith("unix:") ? host : `${host}:${port}`;
}
