import { type MetricDefinition, familyName } from "./definition.ts";
import type { MetricsFormat } from "./format.ts";
import { type MergedMetric, type MergedSeries, mergeSegments } from "./merge.ts";

export interface RenderOptions {
  /** See {@link negotiateFormat}. */
  readonly format: MetricsFormat;
}

const CONFLICTS: MetricDefinition = {
  name: "plinth_metrics_conflicting_definitions",
  type: "gauge",
  help: "Metrics left out of this answer because another thread defines the same name differently.",
  unit: "",
  labels: [],
  bounds: [],
  combine: "sum",
};

/**
 * The metrics of the whole process as text: Prometheus' exposition format 0.0.4, or OpenMetrics 1.0.
 *
 * Reads the threads' memory directly, so it takes no thread's time and waits for none.
 *
 * @param segments every thread's segment by the thread's name, which becomes the `thread` label where one is shown
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 * @see https://prometheus.io/docs/specs/om/open_metrics_spec/
 * @example
 * const format = negotiateFormat(request.headers.accept);
 * const text = renderMetrics(new Map([["http-0", registry.segment]]), { format });
 */
export function renderMetrics(segments: ReadonlyMap<string, SharedArrayBuffer>, { format }: RenderOptions): string {
  const { metrics, conflicts } = mergeSegments(segments);
  let text = "";
  for (const metric of metrics) if (metric.series.size > 0) text += renderMetric(metric, format);
  if (conflicts.length > 0) {
    const series = { labels: [], totals: Float64Array.of(conflicts.length) };
    text += renderMetric({ definition: CONFLICTS, labelNames: [], series: new Map([["", series]]) }, format);
  }
  return format === "openmetrics" ? `${text}# EOF\n` : text;
}

function renderMetric(metric: MergedMetric, format: MetricsFormat): string {
  let text = renderHead(metric.definition, format);
  for (const series of metric.series.values()) {
    const labels = renderLabels(metric.labelNames, series.labels);
    if (metric.definition.type === "histogram") text += renderHistogram({ metric, series, labels, format });
    else text += `${metric.definition.name}${braced(labels)} ${formatNumber(series.totals[0] as number)}\n`;
  }
  return text;
}

// In 0.0.4 a counter is described by its full name, in OpenMetrics by its family's, and only the latter knows units.
function renderHead(definition: MetricDefinition, format: MetricsFormat): string {
  const { type, unit, help } = definition;
  if (format === "prometheus") return `# HELP ${definition.name} ${escapeHelp(help)}\n# TYPE ${definition.name} ${type}\n`;
  const name = familyName(definition);
  const unitLine = unit === "" ? "" : `# UNIT ${name} ${unit}\n`;
  return `# TYPE ${name} ${type}\n${unitLine}# HELP ${name} ${escapeLabel(help)}\n`;
}

function renderHistogram(options: {
  readonly metric: MergedMetric;
  readonly series: MergedSeries;
  readonly labels: string;
  readonly format: MetricsFormat;
}): string {
  const { labels, format } = options;
  const { name, bounds } = options.metric.definition;
  const { totals } = options.series;
  const prefix = `${name}_bucket{${labels}${labels === "" ? "" : ","}le="`;
  let text = "";
  let cumulative = 0;
  for (let index = 0; index < bounds.length; index += 1) {
    cumulative += totals[index] as number;
    text += `${prefix}${formatBound(bounds[index] as number, format)}"} ${cumulative}\n`;
  }
  cumulative += totals[bounds.length] as number;
  const sum = formatNumber(totals[bounds.length + 1] as number);
  return `${text}${prefix}+Inf"} ${cumulative}\n${name}_sum${braced(labels)} ${sum}\n${name}_count${braced(labels)} ${cumulative}\n`;
}

// An empty label value means the same as no label, in both formats.
function renderLabels(names: readonly string[], values: readonly string[]): string {
  let text = "";
  for (let index = 0; index < names.length; index += 1) {
    const value = values[index] as string;
    if (value !== "") text += `${text === "" ? "" : ","}${names[index]}="${escapeLabel(value)}"`;
  }
  return text;
}

function braced(labels: string): string {
  return labels === "" ? "" : `{${labels}}`;
}

/** Sums can leave the finite numbers; both formats then want `+Inf`. */
function formatNumber(value: number): string {
  return value === Infinity ? "+Inf" : value === -Infinity ? "-Inf" : String(value);
}

/** OpenMetrics wants bounds to look like floats (`1.0`); 0.0.4 has always had `1`. */
function formatBound(bound: number, format: MetricsFormat): string {
  const text = String(bound);
  return format === "openmetrics" && /^\d+$/.test(text) ? `${text}.0` : text;
}

const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", "\n": "\\n", '"': '\\"' };
const escape = (character: string): string => ESCAPES[character] as string;

function escapeLabel(text: string): string {
  return /[\\\n"]/.test(text) ? text.replaceAll(/[\\\n"]/g, escape) : text;
}

function escapeHelp(text: string): string {
  return text.replaceAll(/[\\\n]/g, escape);
}
