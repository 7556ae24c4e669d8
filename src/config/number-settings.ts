import type { Setting, SettingOptions } from "./contract.ts";
import { type Exact, type Present, createScalarSetting } from "./create-setting.ts";

export interface NumberOptions extends SettingOptions<number> {
  /** Smallest value allowed. Default: none. */
  readonly min?: number;
  /** Largest value allowed. Default: none. */
  readonly max?: number;
}

// Decimal only: `0x10`, `1_000`, ` 5`, `08` and the empty text mean different things to different people.
const DECIMAL = /^-?(?:0|[1-9]\d{0,308})(?:\.\d{1,308})?(?:[eE][+-]?\d{1,3})?$/;
const WHOLE = /^-?(?:0|[1-9]\d{0,15})$/;

/** A whole number that a double holds exactly. As text: decimal digits, nothing else. */
export function integer<const Options extends NumberOptions>(
  options?: Exact<Options, NumberOptions>,
): Setting<Present<number, Options>> {
  return createScalarSetting<number, Options>(
    {
      expected: `a whole number${rangeText(options)}`,
      jsonSchema: { type: "integer", ...rangeSchema(options) },
      parse: (input) => {
        const value = toNumber(input, WHOLE);
        return Number.isSafeInteger(value) && isWithin(value, options) ? value : undefined;
      },
    },
    options,
    ["min", "max"],
  );
}

/** A finite number, fractions allowed. As text: decimal, `1.5` or `2e3`. */
export function number<const Options extends NumberOptions>(
  options?: Exact<Options, NumberOptions>,
): Setting<Present<number, Options>> {
  return createScalarSetting<number, Options>(
    {
      expected: `a number${rangeText(options)}`,
      jsonSchema: { type: "number", ...rangeSchema(options) },
      parse: (input) => {
        const value = toNumber(input, DECIMAL);
        return Number.isFinite(value) && isWithin(value, options) ? value : undefined;
      },
    },
    options,
    ["min", "max"],
  );
}

/** A TCP port. 0 asks the system for any free one. */
export function port<const Options extends SettingOptions<number>>(
  options?: Exact<Options, SettingOptions<number>>,
): Setting<Present<number, Options>> {
  return createScalarSetting<number, Options>(
    {
      expected: "a port from 0 to 65535",
      jsonSchema: { type: "integer", minimum: 0, maximum: 65_535 },
      parse: (input) => {
        const value = toNumber(input, WHOLE);
        return Number.isSafeInteger(value) && isWithin(value, { min: 0, max: 65_535 }) ? value : undefined;
      },
    },
    options,
  );
}

/** The number that was typed or written; NaN for anything else. */
function toNumber(input: unknown, pattern: RegExp): number {
  if (typeof input === "string") return pattern.test(input) ? Number(input) + 0 : Number.NaN; // + 0 turns -0 into 0
  return typeof input === "number" ? input + 0 : Number.NaN;
}

interface Range {
  readonly min?: number;
  readonly max?: number;
}

function isWithin(value: number, { min = -Infinity, max = Infinity }: Range = {}): boolean {
  return value >= min && value <= max;
}

function rangeText({ min, max }: Range = {}): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return `, at least ${min}`;
  return max === undefined ? "" : `, at most ${max}`;
}

function rangeSchema({ min, max }: Range = {}): { minimum?: number; maximum?: number } {
  return { ...(min !== undefined && { minimum: min }), ...(max !== undefined && { maximum: max }) };
}
