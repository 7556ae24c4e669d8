import { type ErrorCatalogue, defineErrors } from "../core/mod.ts";

interface Details {
  METRIC_INVALID: { name: string; reason: string };
  METRIC_CONFLICT: { name: string; clash: string };
  LABELS_MISMATCH: { name: string; want: readonly string[]; have: number };
  SEGMENT_INVALID: { reason: string };
  SEGMENT_FULL: { name: string; bytes: number };
}

/** The errors of the telemetry room. All are mistakes of the program, so none has an HTTP status. */
export const errors: ErrorCatalogue<Details> = defineErrors<Details>("telemetry", {
  METRIC_INVALID: {
    title: "Invalid metric",
    message: (d) => `Metric "${d.name}" cannot be declared: ${d.reason}`,
  },
  METRIC_CONFLICT: {
    title: "Conflicting metric",
    message: (d) =>
      `Metric "${d.name}" cannot be declared: the name "${d.clash}" belongs to a metric declared differently. Rename one, or declare both alike.`,
  },
  LABELS_MISMATCH: {
    title: "Wrong number of labels",
    message: (d) =>
      `Metric "${d.name}" has ${d.want.length} labels (${d.want.join(", ")}), but ${d.have} values were given. Give one value for each.`,
  },
  SEGMENT_INVALID: {
    title: "Invalid metrics segment",
    message: (d) => `This shared memory cannot hold metrics: ${d.reason}`,
  },
  SEGMENT_FULL: {
    title: "Metrics segment full",
    message: (d) =>
      `Metric "${d.name}" does not fit into the metrics segment of ${d.bytes} bytes. Declare metrics at boot, or give the threads larger segments.`,
  },
});
