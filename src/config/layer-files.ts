import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { ConfigSchema, Environment, Layer, ParsedFile } from "./contract.ts";
import { layerOfTree } from "./layer-tree.ts";
import { codeOf, readTextFile } from "./read-text-file.ts";

const LIMIT = 256 * 1_024;
const FORMATS: Readonly<Record<string, (text: string) => ParsedFile | Promise<ParsedFile>>> = {
  // The parsers of YAML and TOML load their libraries on first use: a program without such a file never pays for them.
  yaml: async (text) => (await import("./parse-yaml.ts")).parseYaml(text),
  yml: async (text) => (await import("./parse-yaml.ts")).parseYaml(text),
  toml: async (text) => (await import("./parse-toml.ts")).parseToml(text),
  json: async (text) => (await import("./parse-json.ts")).parseJson(text),
};

export interface FilesOptions {
  readonly schema: ConfigSchema;
  readonly folder: string;
  readonly environment: Environment;
}

/** What `config/default.*` and `config/<environment>.*` say, in this order. */
export async function readConfigFiles(options: FilesOptions): Promise<readonly Layer[]> {
  const folder = join(options.folder, "config");
  let names: readonly string[];
  try {
    names = readdirSync(folder);
  } catch (thrown) {
    const code = codeOf(thrown);
    return code === "ENOENT" ? [] : [faulty("config", `cannot be listed (${code})`)];
  }
  const layers: Layer[] = [];
  for (const stem of ["default", options.environment]) {
    const found = Object.keys(FORMATS).filter((format) => names.includes(`${stem}.${format}`));
    if (found.length > 1) layers.push(faulty(`config/${stem}.*`, `expected one file, not ${found.join(" and ")}`));
    else if (found[0] !== undefined) layers.push(await readConfigFile(options.schema, folder, `${stem}.${found[0]}`));
  }
  return layers;
}

async function readConfigFile(schema: ConfigSchema, folder: string, name: string): Promise<Layer> {
  const source = `config/${name}`;
  const file = readTextFile(join(folder, name), LIMIT);
  if (file === "missing") return faulty(source, "cannot be opened (ENOENT)"); // listed a moment ago: a dangling link
  if ("refused" in file) return faulty(source, file.refused);
  const parsed = await (FORMATS[name.slice(name.lastIndexOf(".") + 1)] as (typeof FORMATS)[string])(file.text);
  if ("root" in parsed) return layerOfTree({ schema, source, text: file.text, parsed });
  const position = parsed.line === undefined ? "" : `:${parsed.line}:${parsed.column}`;
  return faulty(`${source}${position}`, parsed.malformed);
}

function faulty(source: string, detail: string): Layer {
  return { candidates: [], faults: [{ in: source, pointer: "", detail }] };
}
