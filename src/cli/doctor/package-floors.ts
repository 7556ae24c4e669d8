/** Packages in which holes were found, by the first versions without them: one for each major version that was mended. */
export const PACKAGE_FLOORS: Readonly<Record<string, readonly string[]>> = {
  "find-my-way": ["9.7.0"],
  kysely: ["0.28.17"],
  undici: ["7.28.0", "8.2.0"],
  mysql2: ["3.9.8"],
  "@opentelemetry/exporter-prometheus": ["0.217.0"],
  "@opentelemetry/sdk-node": ["0.217.0"],
  "@opentelemetry/propagator-jaeger": ["2.9.0"],
  "fast-uri": ["3.1.7", "4.1.4"],
  "path-to-regexp": ["8.4.0"],
  qs: ["6.16.0"],
  multer: ["2.3.0"],
  jws: ["3.2.3", "4.0.1"],
  jsonwebtoken: ["9.0.3"],
};

const numbers = (version: string): readonly number[] => version.split(/[.+-]/).slice(0, 3).map(Number);

/** Whether a version is at least the floor of its major version, or of a major version beyond all floors. */
export function isAtLeast(version: string, floors: readonly string[]): boolean {
  const [major = 0] = numbers(version);
  const floor = floors.find((candidate) => numbers(candidate)[0] === major);
  if (floor === undefined) return floors.every((candidate) => (numbers(candidate)[0] ?? 0) < major);
  const order = numbers(version).map((part, index) => part - (numbers(floor)[index] ?? 0));
  const first = order.find((difference) => difference !== 0) ?? 0;
  return first > 0 || (first === 0 && !version.includes("-"));
}
