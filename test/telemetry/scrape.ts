import { renderMetrics } from "#src/telemetry/render";

/** Sample lines of one scrape by their text before the value. */
export function scrape(...segments: readonly SharedArrayBuffer[]): ReadonlyMap<string, number> {
  const byThread = new Map(segments.map((segment, index) => [`thread-${index}`, segment]));
  return samplesOf(renderMetrics(byThread, { format: "prometheus" }));
}

/** Sample lines of a text in either format. Label values with blanks at their end are none of its business. */
export function samplesOf(text: string): ReadonlyMap<string, number> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(" ");
      return [line.slice(0, at), line.slice(at + 1) === "+Inf" ? Infinity : Number(line.slice(at + 1))];
    }),
  );
}
