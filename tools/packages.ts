/** Holds the installed packages against what past vulnerabilities taught: version floors, packages to keep out, no install scripts. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The oldest version that is safe, for each major version that has one. */
const FLOORS: Readonly<Record<string, readonly string[]>> = {
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
const NODE_FLOOR = "24.14.1";

/** Never shipped; a development dependency, such as a peer in a benchmark, may be or bring one. */
const BANNED: ReadonlySet<string> = new Set([
  "path-to-regexp",
  "qs",
  "multer",
  "jws",
  "jsonwebtoken",
  "hono",
  "@hono/node-server",
]);

/** The only packages whose install script may run. */
const MAY_HAVE_INSTALL_SCRIPT: ReadonlySet<string> = new Set(["node"]);
/** Brought along by a development dependency (swagger-ui-dist); `allowScripts` in package.json denies its script, which only reports the install. */
const DENIED_INSTALL_SCRIPT: ReadonlySet<string> = new Set(["@scarf/scarf"]);

interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
}

const numbers = (version: string): readonly number[] => version.split(/[.-]/).slice(0, 3).map(Number);

/** Whether a version is at least the floor of its major version, or of a major version beyond all floors. */
export function isAtLeast(version: string, floors: readonly string[]): boolean {
  const [major = 0] = numbers(version);
  const floor = floors.find((candidate) => numbers(candidate)[0] === major);
  if (floor === undefined) return floors.every((candidate) => (numbers(candidate)[0] ?? 0) < major);
  const order = numbers(version).map((part, index) => part - (numbers(floor)[index] ?? 0));
  const first = order.find((difference) => difference !== 0) ?? 0;
  return first > 0 || (first === 0 && !version.includes("-"));
}

/** What is wrong with the packages of a lock file's `packages`. */
export function checkPackages(locked: Readonly<Record<string, LockedPackage>>): string[] {
  return Object.entries(locked).flatMap(([path, { version = "0.0.0", dev = false, hasInstallScript = false }]) => {
    const name = path.split("node_modules/").at(-1) ?? "";
    const faults: string[] = [];
    const floors = FLOORS[name];
    if (floors !== undefined && !isAtLeast(version, floors))
      faults.push(`${path} ${version} is below its floor (${floors.join(", ")}). Update it.`);
    if (BANNED.has(name) && !dev) faults.push(`${path} must not be shipped. Do without it.`);
    const known = MAY_HAVE_INSTALL_SCRIPT.has(name) || (dev && DENIED_INSTALL_SCRIPT.has(name));
    if (hasInstallScript && !known) faults.push(`${path} has an install script. Do without it.`);
    return faults;
  });
}

if (import.meta.main) {
  const lock = readFileSync(join(process.cwd(), "package-lock.json"), "utf8");
  const { packages } = JSON.parse(lock) as { readonly packages: Readonly<Record<string, LockedPackage>> };
  const faults = checkPackages(packages);
  if (!isAtLeast(process.versions.node, [NODE_FLOOR]))
    faults.push(`Node ${process.versions.node} is below ${NODE_FLOOR}. Update it.`);
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) process.exitCode = 1;
}
