import { type ErrorCatalogue, defineErrors } from "./error.ts";

interface Details {
  DURATION_INVALID: { text: string };
  SIZE_INVALID: { text: string };
  RATE_INVALID: { text: string };
  ADDRESS_INVALID: { text: string };
  HOST_INVALID: { text: string };
  SERVICE_UNKNOWN: { service: string; dependency: string };
  SERVICE_DUPLICATE: { service: string };
  SERVICE_CYCLE: { path: readonly string[] };
  START_FAILED: { service: string; reason: string };
  START_TIMEOUT: { service: string; milliseconds: number };
  START_ABORTED: object;
  STOP_FAILED: { services: readonly string[] };
  STOP_TIMEOUT: { service: string; milliseconds: number };
  SEGMENT_MISMATCH: { name: string; have: number; want: number };
  INPUT_INVALID: { name: string; reason?: string };
}

/** The errors of the core room. */
export const errors: ErrorCatalogue<Details> = defineErrors<Details>("core", {
  DURATION_INVALID: {
    title: "Invalid duration",
    message: (d) => `"${d.text}" is not a duration. Write a number and a unit: "250ms", "30s", "5m", "2h" or "7d".`,
  },
  SIZE_INVALID: {
    title: "Invalid size",
    message: (d) => `"${d.text}" is not a size. Write a number and a unit: "512b", "64kb", "10mb" or "1gb".`,
  },
  RATE_INVALID: {
    title: "Invalid rate",
    message: (d) => `"${d.text}" is not a rate. Write a whole count, a slash and a duration: "100/1m".`,
  },
  ADDRESS_INVALID: {
    title: "Invalid address",
    message: (d) =>
      `"${d.text}" is neither an address nor a network. Write "192.0.2.1", "10.0.0.0/8", "2001:db8::/32", "loopback", "private" or "unix".`,
  },
  HOST_INVALID: {
    title: "Invalid host",
    message: (d) => `"${d.text}" is no host. Write "api.example.com", "*.example.com" or an address, without a port.`,
  },
  SERVICE_UNKNOWN: {
    title: "Unknown dependency",
    message: (d) =>
      `Service "${d.service}" depends on "${d.dependency}", which is not among the app's services. Add it, or remove it from \`dependsOn\`.`,
  },
  SERVICE_DUPLICATE: {
    title: "Duplicate service",
    message: (d) => `Two services are named "${d.service}". Give each a name of its own.`,
  },
  SERVICE_CYCLE: {
    title: "Circular dependency",
    message: (d) => `Services depend on each other in a circle: ${d.path.join(" -> ")}. Break it at one place.`,
  },
  START_FAILED: {
    title: "Service did not start",
    message: (d) => `Service "${d.service}" did not start: ${d.reason}`,
  },
  START_TIMEOUT: {
    title: "Service start timed out",
    message: (d) =>
      `Service "${d.service}" did not start within ${d.milliseconds} ms. Check what it connects to, or raise its \`startTimeout\`.`,
  },
  START_ABORTED: {
    title: "Start given up",
    message: () => "The services were asked to stop before all of them had started.",
  },
  STOP_FAILED: {
    title: "Service did not stop",
    message: (d) => `These services failed while stopping: ${d.services.join(", ")}. See the causes.`,
  },
  STOP_TIMEOUT: {
    title: "Service stop timed out",
    message: (d) => `Service "${d.service}" did not stop within ${d.milliseconds} ms.`,
  },
  SEGMENT_MISMATCH: {
    title: "Shared memory mismatch",
    message: (d) =>
      `Shared memory "${d.name}" exists with ${d.have} bytes, but ${d.want} were asked for. Every thread must ask for the same size.`,
  },
  INPUT_INVALID: {
    title: "Invalid input",
    status: 400,
    message: (d) => `\`${d.name}\` ${d.reason ?? "must be a text that is not empty"}.`,
  },
});
