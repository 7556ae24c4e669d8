/** Holds the installed packages against what past vulnerabilities taught: version floors, packages to keep out, no install scripts. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
// By its path: the check runs where nothing is built.
import { PACKAGE_FLOORS, isAtLeast } from "../src/cli/doctor/package-floors.ts";

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

/** What is wrong with the packages of a lock file's `packages`. */
export function checkPackages(locked: Readonly<Record<string, LockedPackage>>): string[] {
  return Object.entries(locked).flatMap(([path, { version = "0.0.0", dev = false, hasInstallScript = false }]) => {
    const name = path.split("node_modules/").at(-1) ?? "";
    const faults: string[] = [];
    const floors = PACKAGE_FLOORS[name];
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
