import { MASK } from "../core/mod.ts";
import type { InputForm, JsonSchema, Reading, Setting, SettingOptions } from "./contract.ts";
import { errors } from "./errors.ts";
import { toPrintable } from "./printable.ts";
import { suggest } from "../core/mod.ts";

/** Refuses options that do not exist, at compile time, although the type of the options is inferred. */
export type Exact<Options, Allowed> = Options & { readonly [Key in Exclude<keyof Options, keyof Allowed>]: never };

/** The type of a setting's value: with `undefined` where nothing promises a value. */
export type Present<Value, Options> = Options extends { readonly default: unknown }
  ? Value
  : Options extends { readonly optional: true } | { readonly requiredIn: unknown }
    ? Value | undefined
    : Value;

export interface SettingDefinition<Value> {
  readonly expected: string;
  readonly jsonSchema: JsonSchema;
  readonly secret?: boolean;
  /** The value, or undefined when the input is not what is expected. */
  parse(input: unknown, form: InputForm): Value | undefined;
  /** Default: the value as text, masked when secret. */
  show?(value: unknown): string;
}

const OPTION_NAMES = ["default", "defaultLabel", "optional", "requiredIn", "doc", "env", "reload"];

/** A setting whose values are all or nothing: either the input is what is expected, or one refusal says what was. */
export function createScalarSetting<Value, Options extends SettingOptions<unknown>>(
  definition: SettingDefinition<Value>,
  options: Options | undefined,
  ownOptions: readonly string[] = [],
): Setting<Present<Value, Options>> {
  const read = (input: unknown, form: InputForm): Reading<Value> => {
    const value = definition.parse(input, form);
    return value === undefined ? refuse(definition.expected) : { value };
  };
  return createSetting<Value, Options>({ ...definition, read }, options, ownOptions);
}

/** A setting from its parts. Options that no builder knows are refused, with a suggestion. */
export function createSetting<Value, Options extends SettingOptions<unknown>>(
  definition: Omit<SettingDefinition<Value>, "parse"> & Pick<Setting<Value>, "read">,
  options: Options | undefined,
  ownOptions: readonly string[] = [],
): Setting<Present<Value, Options>> {
  const { expected, jsonSchema, read, secret = false, show = secret ? () => MASK : showPlain } = definition;
  const known = [...OPTION_NAMES, ...ownOptions];
  for (const name of Object.keys(options ?? {})) {
    if (known.includes(name)) continue;
    const meant = suggest(name, known);
    const hint = meant === undefined ? `known are ${known.join(", ")}.` : `did you mean "${meant}"?`;
    throw errors.SCHEMA_INVALID({ key: options?.env ?? expected, reason: `has an unknown option "${name}"; ${hint}` });
  }
  const setting: Setting<Value> = {
    "~setting": true,
    expected,
    secret,
    options: Object.freeze({ ...options }),
    jsonSchema,
    read,
    show,
  };
  // Whether `undefined` is among the values is decided by the options, which the type repeats.
  return Object.freeze(setting) as Setting<Present<Value, Options>>;
}

/** The reading of an input that is not what was expected. */
export function refuse(expected: string): Reading<never> {
  return { refusals: [{ pointer: "", detail: `expected ${expected}` }] };
}

function showPlain(value: unknown): string {
  return toPrintable(typeof value === "string" ? value : (JSON.stringify(value) ?? typeof value));
}
