import type { Fault } from "../../core/mod.ts";
import type { Route, VersionOptions } from "../contract.ts";

/** A version goes into a header as it is, and is compared as it is. */
const VERSION = /^[A-Za-z0-9._-]{1,64}$/;
const HEADER = /^[a-z][a-z0-9-]{0,63}$/;

/** Everything that is wrong with the versions of routes, and with how callers are to choose among them. */
export function checkVersions(routes: readonly Route[], options: VersionOptions | undefined): Fault[] {
  const versioned = routes.filter(({ contract }) => contract.version !== undefined);
  return [
    ...checkOptions(versioned, options),
    ...[...Map.groupBy(routes, ({ method, host = "", path }) => `${method} ${host.toLowerCase()}${path}`)].flatMap(
      ([title, group]) => checkPlace(title, group),
    ),
  ];
}

function checkOptions(versioned: readonly Route[], options: VersionOptions | undefined): Fault[] {
  const faults: Fault[] = [];
  const refuse = (detail: string): void => void faults.push({ in: "versions", pointer: "", detail });
  const [first] = versioned;
  if (options === undefined) {
    if (first !== undefined)
      refuse(`${first.method} ${first.path} has a version: say \`versions: { default: "…" }\` for callers that name none`);
    return faults;
  }
  if (first !== undefined && !versioned.some(({ contract }) => contract.version === options.default))
    refuse(`no route has the default version "${options.default}"`);
  if (options.header !== undefined && !HEADER.test(options.header))
    refuse(`"${options.header}" is no header name in lower case, with letters, digits and "-"`);
  return faults;
}

/** Routes of one method and path: one without a version, or several with different ones. */
function checkPlace(title: string, group: readonly Route[]): Fault[] {
  const seen = new Set<string>();
  const fault = (detail: string): Fault => ({ in: title, pointer: "", detail });
  const unversioned = group.some(({ contract }) => contract.version === undefined);
  return group.flatMap(({ contract: { version } }) => {
    if (version === undefined) return [];
    if (!VERSION.test(version)) return [fault(`\`version\` "${version}" is not made of letters, digits, ".", "_" and "-"`)];
    if (seen.has(version)) return [fault(`version "${version}" is declared twice`)];
    seen.add(version);
    return unversioned
      ? [fault(`version "${version}" stands beside a route without a version: give that one a version too`)]
      : [];
  });
}
