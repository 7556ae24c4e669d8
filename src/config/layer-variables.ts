import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseEnv } from "node:util";
import type { Fault } from "../core/mod.ts";
import type { Candidate, ConfigKey, ConfigSchema, Layer, Variables } from "./contract.ts";
import { pointerOf } from "./pointer.ts";
import { toPrintable } from "./printable.ts";
import { codeOf, readTextFile } from "./read-text-file.ts";

const ENV_FILE_LIMIT = 256 * 1_024;
const SECRET_FILE_LIMIT = 64 * 1_024;

export interface EnvFile {
  readonly name: string;
  readonly variables: Variables;
  readonly faults: readonly Fault[];
}

/** The variables of a `.env` file; none when there is no such file. */
export function readEnvFile(folder: string, name: string): EnvFile {
  const file = readTextFile(join(folder, name), ENV_FILE_LIMIT);
  if (file === "missing") return { name, variables: {}, faults: [] };
  if ("refused" in file) return { name, variables: {}, faults: [{ in: name, pointer: "", detail: file.refused }] };
  return { name, variables: parseEnv(file.text), faults: [] };
}

/** What a set of variables offers. Variables that no setting reads are none of Plinth's business. */
export function layerOfVariables(
  schema: ConfigSchema,
  variables: Variables,
  sourceOf: (variable: string) => string,
): readonly Candidate[] {
  return schema.keys.flatMap((key) => {
    const input = ownValue(variables, key.variable);
    return input === undefined ? [] : [{ key, input, form: "text" as const, source: sourceOf(key.variable) }];
  });
}

/** A file that a variable names, and the setting whose value it holds. */
export interface NamedFile {
  readonly key: ConfigKey;
  readonly variable: string;
  readonly path: string;
}

/** The files named by `<VARIABLE>_FILE`. A variable that is itself declared (`TLS_CERT_FILE`) names no such file. */
export function namedFiles(schema: ConfigSchema, variables: Variables, folder: string): readonly NamedFile[] {
  const declared = new Set(schema.keys.map((key) => key.variable));
  return schema.keys.flatMap((key): NamedFile[] => {
    const variable = `${key.variable}_FILE`;
    const path = declared.has(variable) ? undefined : ownValue(variables, variable);
    return path === undefined ? [] : [{ key, variable, path: resolve(folder, path) }];
  });
}

/** What these files hold. A path that cannot be read is not repeated: it may be the secret itself. */
export function readNamedFiles(schema: ConfigSchema, variables: Variables, folder: string): Layer {
  const files = namedFiles(schema, variables, folder);
  return joinLayers(files.map(({ key, variable, path }) => readSecretFile(key, path, `file named by ${variable}`)));
}

/** What a folder of secrets (Docker, Kubernetes) holds: files named like the variables, in capitals or small letters. */
export function readSecretsFolder(schema: ConfigSchema, folder: string): Layer {
  let names: ReadonlySet<string>;
  try {
    names = new Set(readdirSync(folder));
  } catch (thrown) {
    return { candidates: [], faults: [{ in: toPrintable(folder), pointer: "", detail: `cannot be listed (${codeOf(thrown)})` }] };
  }
  const layers = schema.keys.map((key): Layer => {
    const name = [key.variable, key.variable.toLowerCase()].find((candidate) => names.has(candidate));
    if (name === undefined) return { candidates: [], faults: [] };
    const path = join(folder, name);
    return readSecretFile(key, path, `file ${toPrintable(path)}`);
  });
  return joinLayers(layers);
}

function readSecretFile(key: ConfigKey, path: string, called: string): Layer {
  const file = readTextFile(path, SECRET_FILE_LIMIT);
  if (typeof file === "object" && "text" in file) {
    const input = file.text.replace(/\r?\n$/, ""); // editors and `echo` end a file with a line break
    return { candidates: [{ key, input, form: "text", source: `file ${toPrintable(path)}` }], faults: [] };
  }
  const detail = file === "missing" ? "does not exist" : file.refused;
  return { candidates: [], faults: [{ in: called, pointer: pointerOf(key.path), detail }] };
}

function joinLayers(layers: readonly Layer[]): Layer {
  return { candidates: layers.flatMap((layer) => layer.candidates), faults: layers.flatMap((layer) => layer.faults) };
}

/** Own properties only: a polluted prototype configures nothing. */
function ownValue(variables: Variables, name: string): string | undefined {
  return Object.hasOwn(variables, name) ? variables[name] : undefined;
}
