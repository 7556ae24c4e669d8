import type * as FastCheck from "fast-check";
import type { OpenApiDocument } from "../../http/mod.ts";
import type { SchemaCheck } from "./schema-check.ts";

/** The keywords of JSON Schema that values are made from. */
export interface ValueSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly examples?: readonly unknown[];
  readonly allOf?: readonly ValueSchema[];
  readonly anyOf?: readonly ValueSchema[];
  readonly oneOf?: readonly ValueSchema[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly multipleOf?: number;
  readonly items?: ValueSchema | boolean;
  readonly prefixItems?: readonly ValueSchema[];
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly properties?: Readonly<Record<string, ValueSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: ValueSchema | boolean;
  readonly propertyNames?: ValueSchema;
}

type Arbitrary<Value> = FastCheck.Arbitrary<Value>;

/** What values are made with. */
export interface ValueTools {
  readonly fc: typeof FastCheck;
  readonly document: OpenApiDocument;
  readonly check: SchemaCheck;
}

/** Schemas that contain themselves end here: what is optional is left out, and lists are as short as they may be. */
const DEEPEST = 5;
/** More items or characters than a bound asks for find nothing that these do not. */
const EXTRA = 4;
const MISSES = 2_000;

/** Random values that fit a schema. */
export function valuesFor(tools: ValueTools, schema: object): Arbitrary<unknown> {
  const values = new ValueMaker(tools).make(schema, 0);
  return fitting(values, (value) => tools.check.fits(schema, value), "fits the schema");
}

/** Random values that do not fit a schema: anything, and such as nearly fit. */
export function misfitsFor(tools: ValueTools, schema: object): Arbitrary<unknown> {
  const { fc, check } = tools;
  const nearly = fc.tuple(valuesFor(tools, schema), fc.nat(), fc.jsonValue({ maxDepth: 1 })).map(spoil);
  return fitting(
    fc.oneof(fc.jsonValue({ maxDepth: 2 }), nearly, nearly),
    (value) => !check.fits(schema, value),
    "misses the schema",
  );
}

/** `filter`, but one that gives up. */
export function fitting<Value>(values: Arbitrary<Value>, fits: (value: Value) => boolean, what: string): Arbitrary<Value> {
  let misses = 0;
  return values.filter((value) => {
    if (fits(value)) {
      misses = 0;
      return true;
    }
    if (++misses > MISSES) throw new Error(`None of ${MISSES} random values ${what}.`);
    return false;
  });
}

/** A value with one member gone, or another value in its place. */
function spoil([value, position, junk]: readonly [unknown, number, unknown]): unknown {
  if (typeof value !== "object" || value === null) return junk;
  const keys = Object.keys(value);
  if (keys.length === 0) return junk;
  const key = keys[position % keys.length] as string;
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
  if (position % 3 === 0 && !Array.isArray(copy)) delete copy[key];
  else copy[key] = junk;
  return copy;
}

class ValueMaker {
  readonly #fc: typeof FastCheck;
  readonly #document: OpenApiDocument;
  readonly #named = new Map<string, Arbitrary<unknown>>();

  constructor({ fc, document }: ValueTools) {
    this.#fc = fc;
    this.#document = document;
  }

  make(schema: ValueSchema, depth: number): Arbitrary<unknown> {
    const fc = this.#fc;
    if (schema.$ref !== undefined) return this.#reference(schema.$ref, depth);
    if ("const" in schema) return fc.constant(schema.const);
    if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
    const { allOf, anyOf, oneOf, ...rest } = schema;
    if (allOf !== undefined) return this.make(allOf.map((part) => this.#resolve(part)).reduce(merge, rest), depth);
    const variants = anyOf ?? oneOf;
    if (variants !== undefined) return fc.oneof(...variants.map((one) => this.make(merge(rest, this.#resolve(one)), depth)));
    const types = typesOf(schema);
    if (types.length === 0) return fc.jsonValue({ maxDepth: 1 });
    const { examples = [] } = schema;
    const shown = examples.length === 0 ? [] : [fc.constantFrom(...examples)];
    return fc.oneof(...types.map((type) => this.#ofType(type, schema, depth)), ...shown);
  }

  #reference(reference: string, depth: number): Arbitrary<unknown> {
    const key = `${depth} ${reference}`;
    let made = this.#named.get(key);
    if (made === undefined) this.#named.set(key, (made = this.make(this.#resolve({ $ref: reference }), depth)));
    return made;
  }

  #resolve(schema: ValueSchema): ValueSchema {
    if (schema.$ref === undefined) return schema;
    let target: unknown = this.#document;
    for (const token of schema.$ref.slice(2).split("/")) {
      target = (target as Record<string, unknown>)[token.replaceAll("~1", "/").replaceAll("~0", "~")];
    }
    return this.#resolve(target as ValueSchema);
  }

  #ofType(type: string, schema: ValueSchema, depth: number): Arbitrary<unknown> {
    const fc = this.#fc;
    if (type === "string") return this.#text(schema);
    if (type === "integer" || type === "number") return this.#number(schema, type === "integer");
    if (type === "boolean") return fc.boolean();
    if (type === "array") return this.#list(schema, depth + 1);
    if (type === "object") return this.#object(schema, depth + 1);
    return fc.constant(null);
  }

  #text({ format, pattern, minLength = 0, maxLength }: ValueSchema): Arbitrary<string> {
    const fc = this.#fc;
    const known = format === undefined ? undefined : FORMATS[format]?.(fc);
    if (known !== undefined) return known;
    if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern, "u"));
    // No characters outside the BMP: JSON Schema counts one, JavaScript two.
    const unit = fc.oneof(
      { weight: 9, arbitrary: fc.string({ minLength: 1, maxLength: 1 }) },
      fc.constantFrom("é", "漢", "\n", "\u0001"),
    );
    return fc.string({ unit, minLength, maxLength: Math.min(maxLength ?? Infinity, minLength + 4 * EXTRA) });
  }

  #number(schema: ValueSchema, whole: boolean): Arbitrary<number> {
    const fc = this.#fc;
    const { multipleOf: step = whole ? 1 : undefined } = schema;
    const min = schema.minimum ?? schema.exclusiveMinimum ?? -1e9;
    const max = schema.maximum ?? schema.exclusiveMaximum ?? Math.max(1e9, min);
    if (step === undefined) return fc.double({ min, max, noNaN: true });
    const [first, last] = [Math.ceil(Math.max(min, -1e15) / step), Math.floor(Math.min(max, 1e15) / step)];
    return fc.integer({ min: Math.max(first, -(2 ** 52)), max: Math.min(last, 2 ** 52) }).map((count) => count * step);
  }

  #list(schema: ValueSchema, depth: number): Arbitrary<unknown[]> {
    const fc = this.#fc;
    const { prefixItems = [], items = true, minItems = 0, maxItems = Infinity, uniqueItems = false } = schema;
    const first = fc.tuple(...prefixItems.map((item) => this.make(item, depth)));
    const minLength = Math.max(0, minItems - prefixItems.length);
    const most = depth > DEEPEST ? minLength : Math.min(maxItems - prefixItems.length, minLength + EXTRA);
    if (items === false || most === 0) return first.map((values) => [...values]);
    const one = this.make(items === true ? {} : items, depth);
    const bounds = { minLength, maxLength: most };
    const rest = uniqueItems
      ? fc.uniqueArray(one, { ...bounds, selector: (value) => JSON.stringify(value) })
      : fc.array(one, bounds);
    return fc.tuple(first, rest).map((parts) => parts.flat(1));
  }

  #object(schema: ValueSchema, depth: number): Arbitrary<object> {
    const fc = this.#fc;
    const { properties = {}, required = [], additionalProperties, propertyNames = { type: "string" } } = schema;
    const wanted = Object.entries(properties).filter(([name]) => depth <= DEEPEST || required.includes(name));
    const members = Object.fromEntries(wanted.map(([name, property]) => [name, this.make(property, depth)]));
    const requiredKeys = required.filter((name) => Object.hasOwn(members, name));
    const declared = fc.record(members, { requiredKeys, noNullPrototype: true });
    if (typeof additionalProperties !== "object" || depth > DEEPEST) return declared;
    const names = (this.make(propertyNames, depth) as Arbitrary<string>).filter((name) => name !== "__proto__");
    const others = fc.dictionary(names, this.make(additionalProperties, depth), { maxKeys: 3, noNullPrototype: true });
    return fc.tuple(others, declared).map(([more, own]) => Object.assign(more, own));
  }
}

function typesOf({ type, properties, items, pattern, minLength, minimum }: ValueSchema): readonly string[] {
  if (type !== undefined) return typeof type === "string" ? [type] : type;
  if (properties !== undefined) return ["object"];
  if (items !== undefined) return ["array"];
  if (pattern !== undefined || minLength !== undefined) return ["string"];
  return minimum === undefined ? [] : ["number"];
}

/** Two schemas as one, as far as values can be made from it; what is lost is asked of the check. */
function merge(left: ValueSchema, right: ValueSchema): ValueSchema {
  const merged = { ...left, ...right };
  if (left.properties === undefined && left.required === undefined) return merged;
  return {
    ...merged,
    properties: { ...left.properties, ...right.properties },
    required: [...(left.required ?? []), ...(right.required ?? [])],
  };
}

const FORMATS: Readonly<Record<string, (fc: typeof FastCheck) => Arbitrary<string>>> = {
  uuid: (fc) => fc.uuid(),
  email: (fc) => fc.stringMatching(/^[a-z0-9]{1,8}@[a-z]{1,8}\.(?:org|example)$/),
  uri: (fc) => fc.webUrl(),
  ipv4: (fc) => fc.ipV4(),
  ipv6: (fc) => fc.ipV6(),
  "date-time": (fc) => times(fc).map((time) => time.toISOString()),
  date: (fc) => times(fc).map((time) => time.toISOString().slice(0, 10)),
  time: (fc) => times(fc).map((time) => time.toISOString().slice(11, 19)),
};

function times(fc: typeof FastCheck): Arbitrary<Date> {
  return fc.date({ min: new Date("1980-01-01T00:00:00Z"), max: new Date("2080-01-01T00:00:00Z"), noInvalidDate: true });
}
