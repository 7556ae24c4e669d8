import { lstatSync, readlinkSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { ConfigSchema, Environment, Variables } from "./contract.ts";
import { namedFiles, readEnvFile } from "./layer-variables.ts";

export interface PlacesOptions {
  readonly schema: ConfigSchema;
  readonly env: Variables;
  readonly environment: Environment;
  /** Default: the working directory. */
  readonly folder?: string;
  readonly secretsFolder?: string;
}

/** Folders in which something may happen that changes the configuration, and the names there that matter; `undefined` for all of them. */
export type Places = ReadonlyMap<string, ReadonlySet<string> | undefined>;

const FORMATS = ["yaml", "yml", "toml", "json"];
const MOST_LINKS = 16;

/** Every place that the configuration was read from or could be read from, links followed: also of files that do not exist yet. */
export function configPlaces(options: PlacesOptions): Places {
  const { schema, env, environment, folder = process.cwd(), secretsFolder } = options;
  const places = new Map<string, Set<string> | undefined>();
  const add = (path: string, links = 0): void => {
    const [parent, name] = [dirname(path), basename(path)];
    if (!places.has(parent)) places.set(parent, new Set());
    places.get(parent)?.add(name);
    const target = linkOf(path);
    if (target !== undefined && links < MOST_LINKS) add(target, links + 1);
  };
  const envFiles = [".env", `.env.${environment}`];
  for (const name of envFiles) add(join(folder, name));
  add(join(folder, "config"));
  for (const stem of ["default", environment]) for (const format of FORMATS) add(join(folder, "config", `${stem}.${format}`));
  const variables = Object.assign({}, ...envFiles.map((name) => readEnvFile(folder, name).variables), env) as Variables;
  for (const { path } of namedFiles(schema, variables, folder)) add(path);
  if (secretsFolder !== undefined) {
    add(resolve(secretsFolder));
    places.set(resolve(secretsFolder), undefined);
  }
  return places;
}

function linkOf(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? resolve(dirname(path), readlinkSync(path)) : undefined;
  } catch {
    return undefined; // it is not there yet, or out of reach: loading says so
  }
}
