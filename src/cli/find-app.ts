import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { errors } from "./errors.ts";

const USUAL_PLACES: readonly string[] = ["app.ts", "app.js", "src/app.ts", "src/app.js"];

/**
 * The URL of the app's module: the one named, else `plinth.app` of package.json, else `app.ts` or `app.js` here or in `src/`.
 *
 * @throws E_CLI_APP_UNKNOWN
 */
export function findApp(named: string | undefined, folder: string): string {
  const path = named ?? fromPackage(folder) ?? USUAL_PLACES.find((place) => existsSync(resolve(folder, place)));
  if (path === undefined) throw errors.APP_UNKNOWN({ tried: ["package.json", ...USUAL_PLACES] });
  return pathToFileURL(resolve(folder, path)).href;
}

function fromPackage(folder: string): string | undefined {
  try {
    const manifest = JSON.parse(readFileSync(resolve(folder, "package.json"), "utf8")) as { plinth?: { app?: unknown } };
    return typeof manifest.plinth?.app === "string" ? manifest.plinth.app : undefined;
  } catch {
    return undefined; // no package.json, or none that can be read: the usual places are tried
  }
}
