/** A text format for metrics. */
export type MetricsFormat = "prometheus" | "openmetrics";

/** The `Content-Type` of each format. */
export const METRICS_CONTENT_TYPE: Readonly<Record<MetricsFormat, string>> = {
  prometheus: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

const MAX_ACCEPT = 8_192;
/** The versions of OpenMetrics that 1.0 text satisfies; a scraper that names none takes it too. */
const VERSIONS = new Set(["", "1.0.0", "0.0.1"]);

interface MediaRange {
  readonly type: string;
  readonly version: string;
  /** 0 to 1; 0 refuses. */
  readonly quality: number;
}

/**
 * The format that a scraper prefers (RFC 9110, section 12.5.1). OpenMetrics must be asked for by name; everything else, no
 * header, and one longer than 8,192 characters get Prometheus text.
 *
 * @param accept the request's `Accept` header
 */
export function negotiateFormat(accept: string | undefined): MetricsFormat {
  if (accept === undefined || accept.length > MAX_ACCEPT) return "prometheus";
  let openmetrics = 0;
  let prometheus = 0;
  for (const { type, version, quality } of accept.split(",").map(parseRange)) {
    if (type === "application/openmetrics-text" && VERSIONS.has(version)) openmetrics = Math.max(openmetrics, quality);
    else if (type === "text/plain") prometheus = Math.max(prometheus, quality);
  }
  return openmetrics > 0 && openmetrics >= prometheus ? "openmetrics" : "prometheus";
}

function parseRange(text: string): MediaRange {
  const [type = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
  const valueOf = (name: string): string | undefined =>
    parameters.find((parameter) => parameter.startsWith(`${name}=`))?.slice(name.length + 1);
  const quality = Number(valueOf("q") ?? 1);
  return { type, version: (valueOf("version") ?? "").replaceAll('"', ""), quality: quality >= 0 && quality <= 1 ? quality : 0 };
}
