import type { ConfigKey, ConfigSchema, Setting, SettingTree } from "./contract.ts";
import { type BaseTree, baseConfig } from "./base.ts";
import { errors } from "./errors.ts";

/** Keys of an app's tree that are Plinth's own: the type error is the sentence. */
type WithoutReserved = { readonly [Key in keyof BaseTree]?: "This key belongs to Plinth's own settings: choose another name" };

/**
 * Declares an app's configuration. Plinth's own settings (`config.port`, `config.databaseUrl`, ...) are beside the app's keys.
 *
 * @param tree the app's settings; keys are camelCase, groups may nest
 * @throws E_CONFIG_KEY_RESERVED when a key is one of Plinth's own; E_CONFIG_SCHEMA_INVALID for a key or variable that cannot be
 * @example
 * export const ParcelConfig = defineConfig({
 *   uploads: { maxSize: setting.size({ default: "100mb", doc: "Largest upload." }) },
 *   smtpPassword: setting.secret({ optional: true }),
 * });
 * export type Config = ConfigOf<typeof ParcelConfig>;
 */
export function defineConfig<const Tree extends SettingTree>(tree: Tree & WithoutReserved): ConfigSchema<BaseTree & Tree> {
  for (const key of Object.keys(tree)) {
    if (Object.hasOwn(baseConfig, key)) throw errors.KEY_RESERVED({ key });
  }
  const all: BaseTree & Tree = Object.freeze({ ...baseConfig, ...tree });
  const keys = collectKeys(all, []);
  refuseSharedVariables(keys);
  return Object.freeze({ tree: all, keys: Object.freeze(keys) });
}

const KEY = /^[a-z][A-Za-z0-9]{0,63}$/;
const VARIABLE = /^[A-Z][A-Z0-9_]{0,127}$/;

// What shells and systems set for everybody: an app key named `home` must not take its value from there unasked.
const AMBIENT: ReadonlySet<string> = new Set(
  "PATH HOME USER USERNAME LOGNAME SHELL PWD OLDPWD LANG LANGUAGE TERM TZ TMP TEMP TMPDIR HOSTNAME DISPLAY EDITOR MAIL SHLVL".split(
    " ",
  ),
);

function collectKeys(tree: SettingTree, parents: readonly string[]): ConfigKey[] {
  return Object.entries(tree).flatMap(([key, node]) => {
    const path = [...parents, key];
    const name = path.join(".");
    if (!KEY.test(key) || key in Object.prototype)
      throw errors.SCHEMA_INVALID({
        key: name,
        reason: "is no camelCase name of at most 64 letters and digits, or it is one that every object has.",
      });
    return isSetting(node) ? [describeKey(name, path, node)] : collectKeys(node, path);
  });
}

function describeKey(name: string, path: readonly string[], setting: Setting<unknown>): ConfigKey {
  const variable = setting.options.env ?? variableOf(path);
  if (!VARIABLE.test(variable)) {
    throw errors.SCHEMA_INVALID({
      key: name,
      reason: `cannot be read from a variable "${variable}": use capitals, digits and "_".`,
    });
  }
  if (setting.options.env === undefined && AMBIENT.has(variable)) {
    throw errors.SCHEMA_INVALID({
      key: name,
      reason: `would be read from ${variable}, which systems set for other purposes. Name its variable with \`env\`.`,
    });
  }
  return Object.freeze({ name, path: Object.freeze(path), variable, setting });
}

/** `["uploads", "maxSize"]` is `UPLOADS_MAX_SIZE`. */
function variableOf(path: readonly string[]): string {
  return path
    .map((segment) => segment.replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2").replaceAll(/([A-Z])([A-Z][a-z])/g, "$1_$2"))
    .join("_")
    .toUpperCase();
}

function refuseSharedVariables(keys: readonly ConfigKey[]): void {
  const owners = new Map<string, string>();
  for (const { name, variable } of keys) {
    const owner = owners.get(variable);
    if (owner !== undefined) {
      throw errors.SCHEMA_INVALID({
        key: name,
        reason: `is read from ${variable}, and so is "${owner}". Name another variable with \`env\`.`,
      });
    }
    owners.set(variable, name);
  }
}

/** Whether a node of a tree is a setting; otherwise it is a group. */
export function isSetting(node: Setting<unknown> | SettingTree): node is Setting<unknown> {
  return node["~setting"] === true;
}
