import { type Duration, type Rate, type Size, isDuration, isRate, isSize } from "../core/mod.ts";
import type { Setting, SettingOptions } from "./contract.ts";
import { type Exact, type Present, createScalarSetting } from "./create-setting.ts";

/** Any text but the empty one: to say "nothing", leave the setting out. */
export function text<const Options extends SettingOptions<string>>(
  options?: Exact<Options, SettingOptions<string>>,
): Setting<Present<string, Options>> {
  return createScalarSetting<string, Options>(
    {
      expected: "text that is not empty",
      jsonSchema: { type: "string", minLength: 1 },
      parse: (input) => (typeof input === "string" && input !== "" ? input : undefined),
    },
    options,
  );
}

/** One of the given texts. */
export function choice<const Choices extends readonly string[], const Options extends SettingOptions<Choices[number]>>(
  choices: Choices,
  options?: Exact<Options, SettingOptions<Choices[number]>>,
): Setting<Present<Choices[number], Options>> {
  return createScalarSetting<Choices[number], Options>(
    {
      expected: `one of ${choices.join(", ")}`,
      jsonSchema: { type: "string", enum: choices },
      parse: (input) => choices.find((value) => value === input),
    },
    options,
  );
}

const TRUTH: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  [true, true],
  ["true", true],
  ["1", true],
  [false, false],
  ["false", false],
  ["0", false],
]);

/** Yes or no. As text: `true`, `1`, `false` or `0`. */
export function boolean<const Options extends SettingOptions<boolean>>(
  options?: Exact<Options, SettingOptions<boolean>>,
): Setting<Present<boolean, Options>> {
  return createScalarSetting<boolean, Options>(
    { expected: "true or false", jsonSchema: { type: "boolean" }, parse: (input) => TRUTH.get(input) },
    options,
  );
}

/** A length of time; the value stays the text, so that it prints as written. `parseDuration` gives its milliseconds. */
export function duration<const Options extends SettingOptions<Duration>>(
  options?: Exact<Options, SettingOptions<Duration>>,
): Setting<Present<Duration, Options>> {
  return createScalarSetting<Duration, Options>(
    {
      expected: 'a duration such as "250ms", "30s", "5m", "2h" or "7d"',
      jsonSchema: { type: "string", pattern: String.raw`^\d+(\.\d+)?(ms|s|m|h|d)$` },
      parse: (input) => (typeof input === "string" && isDuration(input) ? input : undefined),
    },
    options,
  );
}

/** An amount of bytes; the value stays the text. `parseSize` gives its bytes. */
export function size<const Options extends SettingOptions<Size>>(
  options?: Exact<Options, SettingOptions<Size>>,
): Setting<Present<Size, Options>> {
  return createScalarSetting<Size, Options>(
    {
      expected: 'a size such as "512b", "64kb", "10mb" or "1gb"',
      jsonSchema: { type: "string", pattern: String.raw`^\d+(\.\d+)?(b|kb|mb|gb)$` },
      parse: (input) => (typeof input === "string" && isSize(input) ? input : undefined),
    },
    options,
  );
}

/** So many per span of time; the value stays the text. `parseRate` gives its numbers. */
export function rate<const Options extends SettingOptions<Rate>>(
  options?: Exact<Options, SettingOptions<Rate>>,
): Setting<Present<Rate, Options>> {
  return createScalarSetting<Rate, Options>(
    {
      expected: 'a rate such as "100/1m"',
      jsonSchema: { type: "string", pattern: String.raw`^[1-9]\d*/\d+(\.\d+)?(ms|s|m|h|d)$` },
      parse: (input) => (typeof input === "string" && isRate(input) ? input : undefined),
    },
    options,
  );
}
