import { MASK } from "../core/mod.ts";
import type { InputForm, Reading, Refusal, Setting, SettingOptions } from "./contract.ts";
import { type Exact, type Present, createSetting, refuse } from "./create-setting.ts";

export interface ListOptions extends SettingOptions<readonly (string | number | boolean)[]> {
  /** Fewest items allowed. Default 0. */
  readonly minItems?: number;
}

/**
 * Several values of one kind. As text: separated by commas, spaces around them ignored, the empty text is the empty list;
 * an item that holds a comma itself can only be given by a file.
 */
export function list<Item, const Options extends ListOptions>(
  of: Setting<Item>,
  options?: Exact<Options, ListOptions>,
): Setting<Present<readonly Item[], Options>> {
  const minItems = options?.minItems ?? 0;
  const least = minItems > 0 ? ` of at least ${minItems}` : "";
  const expected = `a list${least}, each item ${of.expected}`;
  return createSetting<readonly Item[], Options>(
    {
      expected,
      jsonSchema: { type: "array", items: of.jsonSchema, ...(minItems > 0 && { minItems }) },
      secret: of.secret,
      show: (value) => {
        if (!Array.isArray(value)) return MASK;
        return value.length === 0 ? "empty" : value.map((item) => of.show(item)).join(", ");
      },
      read: async (input, form) => {
        const items = toItems(input);
        return items === undefined || items.length < minItems ? refuse(expected) : readItems(of, items, form);
      },
    },
    options,
    ["minItems"],
  );
}

function toItems(input: unknown): readonly unknown[] | undefined {
  if (typeof input === "string") return input.trim() === "" ? [] : input.split(",").map((item) => item.trim());
  return Array.isArray(input) ? input : undefined;
}

async function readItems<Item>(of: Setting<Item>, items: readonly unknown[], form: InputForm): Promise<Reading<readonly Item[]>> {
  const values: Item[] = [];
  const refusals: Refusal[] = [];
  for (const [index, item] of items.entries()) {
    const reading = await of.read(item, form);
    if ("value" in reading) values.push(reading.value);
    else refusals.push(...reading.refusals.map(({ pointer, detail }) => ({ pointer: `/${index}${pointer}`, detail })));
  }
  return refusals.length > 0 ? { refusals } : { value: values };
}
