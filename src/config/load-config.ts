import type { Fault } from "../core/mod.ts";
import type { Candidate, ConfigKey, ConfigSchema, Environment, LoadedConfig, Reading, ValuesOf, Variables } from "./contract.ts";
import { decideEnvironment } from "./environment.ts";
import { errors } from "./errors.ts";
import { deepFreeze } from "./freeze.ts";
import { readConfigFiles } from "./layer-files.ts";
import { layerOfOverrides } from "./layer-overrides.ts";
import { layerOfVariables, readEnvFile, readNamedFiles, readSecretsFolder } from "./layer-variables.ts";
import { pointerOf } from "./pointer.ts";
import { placeValue } from "./value-path.ts";

export interface LoadOptions<Tree = unknown> {
  readonly schema: ConfigSchema<Tree>;
  /** The environment variables: `processEnvironment()` in a program, a literal in a test. */
  readonly env: Variables;
  /** Where `config/` and `.env` are. Default: the working directory. */
  readonly folder?: string;
  /** Default: `APP_ENV`, else `NODE_ENV`, else development. */
  readonly environment?: Environment;
  /** A folder of files named like the variables, such as `/run/secrets`. It must exist. Default: none. */
  readonly secretsFolder?: string;
  /** `key=value` texts from `--set` flags, such as `uploads.maxSize=1gb`. */
  readonly overrides?: readonly string[];
}

/**
 * Loads, checks and freezes the configuration. Sources, later wins: defaults in the schema, `config/default.*`, `config/<environment>.*`,
 * `.env`, `.env.<environment>`, environment, files named by `*_FILE` variables, secrets folder, `--set`. The value that wins is checked.
 *
 * @throws E_CONFIG_INVALID with every fault at once in `faults`
 * @example
 * const { values } = await loadConfig({ schema: ParcelConfig, env: processEnvironment() });
 */
export async function loadConfig<Tree>(options: LoadOptions<Tree>): Promise<LoadedConfig<Tree>> {
  const { loaded, faults } = await readConfig(options);
  if (faults.length > 0) throw errors.INVALID({ environment: loaded.environment, faults }, { faults });
  return loaded;
}

/** A configuration as far as it can be read. */
export interface ReadConfig<Tree = unknown> {
  /** What is faulty in it is undefined, whatever its type says. */
  readonly loaded: LoadedConfig<Tree>;
  /** All faults, those of keys that the schema does not know too. */
  readonly faults: readonly Fault[];
}

/**
 * Loads a configuration for somebody who needs only some of it, such as a command that talks to a program which runs with an earlier one.
 * Whoever reads a value looks first whether it is among the faults.
 *
 * @throws E_CONFIG_INVALID when not even the environment is known
 */
export async function readConfig<Tree>(options: LoadOptions<Tree>): Promise<ReadConfig<Tree>> {
  const decided = decideEnvironment(options.env, options.environment);
  // Which files to read depends on it, so there is nothing else to report yet.
  if ("detail" in decided) throw errors.INVALID({ environment: "unknown", faults: [decided] }, { faults: [decided] });
  const { environment } = decided;
  const { winners, faults } = await gather(options, environment);
  faults.push(...settleEnvironment(winners, environment));

  const values = {};
  const provenance: Record<string, string> = {};
  for (const key of options.schema.keys) {
    const winner = winners.get(key.name);
    const outcome =
      key.name === "environment"
        ? { value: environment, source: decided.source, faults: [] }
        : await settle(key, winner, environment);
    faults.push(...outcome.faults);
    placeValue(values, key.path, outcome.value);
    provenance[key.name] = outcome.source;
  }
  const loaded = Object.freeze({
    values: deepFreeze(values) as ValuesOf<Tree>,
    provenance: Object.freeze(provenance),
    environment,
    schema: options.schema,
  });
  return { loaded, faults };
}

async function gather(
  options: LoadOptions,
  environment: Environment,
): Promise<{ winners: Map<string, Candidate>; faults: Fault[] }> {
  const { schema, env, folder = process.cwd(), secretsFolder, overrides = [] } = options;
  const names = [".env", `.env.${environment}`];
  const envFiles = names.map((name) => readEnvFile(folder, name));
  const variables = Object.assign({}, ...envFiles.map((file) => file.variables), env) as Variables;
  const layers = [
    ...(await readConfigFiles({ schema, folder, environment })),
    ...envFiles.map((file) => ({ candidates: layerOfVariables(schema, file.variables, () => file.name), faults: file.faults })),
    { candidates: layerOfVariables(schema, env, (variable) => `environment ${variable}`), faults: [] },
    readNamedFiles(schema, variables, folder),
    ...(secretsFolder === undefined ? [] : [readSecretsFolder(schema, secretsFolder)]),
    layerOfOverrides(schema, overrides),
  ];
  const candidates = layers.flatMap((layer) => layer.candidates);
  return {
    winners: new Map(candidates.map((candidate) => [candidate.key.name, candidate])),
    faults: layers.flatMap((layer) => layer.faults),
  };
}

/** The environment is known before files are read: a later source that names another comes too late, and must not be ignored. */
function settleEnvironment(winners: ReadonlyMap<string, Candidate>, environment: Environment): readonly Fault[] {
  const late = winners.get("environment");
  if (late === undefined || late.input === environment || late.source === "environment APP_ENV") return [];
  const detail = `the environment is ${environment}, decided before files are read; set APP_ENV in the environment to change it`;
  return [{ in: late.source, pointer: "/environment", detail }];
}

interface Outcome {
  readonly value: unknown;
  readonly source: string;
  readonly faults: readonly Fault[];
}

async function settle(key: ConfigKey, winner: Candidate | undefined, environment: Environment): Promise<Outcome> {
  const { setting } = key;
  if (winner !== undefined) return judge(key, winner.source, () => setting.read(winner.input, winner.form));
  const { default: given, optional, requiredIn } = setting.options;
  const required = requiredIn?.includes(environment) === true;
  if (given !== undefined && !required) {
    return judge(key, "default", () => setting.read(typeof given === "function" ? given(environment) : given, "default"));
  }
  if (!required && (optional === true || requiredIn !== undefined)) return { value: undefined, source: "not set", faults: [] };
  const detail = `expected ${setting.expected}; set ${key.variable}`;
  return { value: undefined, source: "not set", faults: [{ in: "not set", pointer: pointerOf(key.path), detail }] };
}

async function judge(key: ConfigKey, source: string, read: () => Reading<unknown> | Promise<Reading<unknown>>): Promise<Outcome> {
  const reading = await read();
  if ("value" in reading) return { value: reading.value, source, faults: [] };
  const faults = reading.refusals.map(({ pointer, detail }) => ({ in: source, pointer: pointerOf(key.path) + pointer, detail }));
  return { value: undefined, source, faults };
}
