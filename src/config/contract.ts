import type { Fault } from "../core/mod.ts";

/** Where the program runs. Decided once, before any file is read. */
export type Environment = "development" | "test" | "production";

/** Environment variables by name. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** A fragment of JSON Schema (draft 2020-12). */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** How a value was written: as bare text (a variable, a file, a flag), typed by a file format, or as a default in the schema. */
export type InputForm = "text" | "typed" | "default";

/** Why a setting refused a value. Never holds any part of the value. */
export interface Refusal {
  /** JSON Pointer inside the value; empty for the whole. */
  readonly pointer: string;
  readonly detail: string;
}

/** What a setting made of an input. */
export type Reading<Value> = { readonly value: Value } | { readonly refusals: readonly Refusal[] };

/** What every setting takes. */
export interface SettingOptions<Input> {
  /** Value when no source gives one; a function may choose by environment. Checked like any other value. */
  readonly default?: Input | ((environment: Environment) => Input);
  /** What the docs print as the default, for one that depends on the machine ("number of cores"). */
  readonly defaultLabel?: string;
  /** Without a value the setting is `undefined`. Default: a value is required. */
  readonly optional?: true;
  /** In these environments a source must give the value: defaults do not count, and elsewhere it may be absent. */
  readonly requiredIn?: readonly Environment[];
  /** One sentence for operators: `config explain`, `.env.example` and the reference print it. */
  readonly doc?: string;
  /**
   * What a new value needs that arrives while the program runs: `"live"` holds at once, for code that reads it by `live.current` or
   * listens; `"restart"` waits for the next start. Default `"restart"`, which is right for whatever is read once.
   */
  readonly reload?: "live" | "restart";
  /** The environment variable. Default: the key path, `uploads.maxSize` is `UPLOADS_MAX_SIZE`. */
  readonly env?: string;
}

/** One declared value of the configuration, made by the builders in `setting`. */
export interface Setting<Value> {
  readonly "~setting": true;
  /** What it takes, as it follows the word "expected": `an integer from 1 to 10`. */
  readonly expected: string;
  readonly secret: boolean;
  readonly options: SettingOptions<unknown>;
  readonly jsonSchema: JsonSchema;
  read(input: unknown, form: InputForm): Reading<Value> | Promise<Reading<Value>>;
  /** The value as operators may see it: secrets masked. */
  show(value: unknown): string;
}

/** Settings by key, in groups as deep as you like. Keys are camelCase. */
export interface SettingTree {
  readonly [key: string]: Setting<unknown> | SettingTree;
}

/** The values that a tree of settings describes. */
export type ValuesOf<Tree> = {
  readonly [Key in keyof Tree]: Tree[Key] extends Setting<infer Value> ? Value : ValuesOf<Tree[Key]>;
};

/** One setting and its names. */
export interface ConfigKey {
  /** `uploads.maxSize` */
  readonly name: string;
  readonly path: readonly string[];
  /** `UPLOADS_MAX_SIZE` */
  readonly variable: string;
  readonly setting: Setting<unknown>;
}

/** What `defineConfig` returns: Plinth's own settings and the app's. */
export interface ConfigSchema<Tree = unknown> {
  readonly tree: Tree;
  /** Every setting, in the order of declaration. */
  readonly keys: readonly ConfigKey[];
}

/** The configuration of a program: `type Config = ConfigOf<typeof ParcelConfig>`. */
export type ConfigOf<Schema extends ConfigSchema> = ValuesOf<Schema["tree"]>;

/** The frozen outcome of loading. Safe to print: secrets mask themselves. */
export interface LoadedConfig<Tree = unknown> {
  readonly values: ValuesOf<Tree>;
  /** Where each value came from, by dotted key: `environment PORT`, `config/default.yaml:12`, `default`, `not set`. */
  readonly provenance: Readonly<Record<string, string>>;
  readonly environment: Environment;
  readonly schema: ConfigSchema<Tree>;
}

/** A value that one source offers for one key. */
export interface Candidate {
  readonly key: ConfigKey;
  readonly input: unknown;
  readonly form: Exclude<InputForm, "default">;
  readonly source: string;
}

/** All that one source offers, and what is wrong with it. */
export interface Layer {
  readonly candidates: readonly Candidate[];
  readonly faults: readonly Fault[];
}

/** What a file format's parser made of a text: a tree, or where and why it gave up. */
export type ParsedFile =
  | {
      readonly root: unknown;
      /** Offset of a key in the text, where the parser knows it. */
      offsetOf(path: readonly string[]): number | undefined;
    }
  | { readonly malformed: string; readonly line?: number | undefined; readonly column?: number | undefined };
