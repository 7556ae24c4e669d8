import type { JsonSchema } from "../../validation/json-schema.ts";
import { compareBounds } from "./compare-bounds.ts";
import { type Comparison, report } from "./comparison.ts";
import { type Resolve, isSame, typesOf } from "./schema-facts.ts";

type Schemas = readonly [JsonSchema, JsonSchema];

/** Says what changed from one schema to another, and whether that breaks callers. */
export function compareSchemas(declared: Schemas, outer: Comparison): void {
  const pair = declared.map(({ $ref }) => (typeof $ref === "string" ? $ref : "")).join(" ");
  if (pair.trim() !== "" && outer.seen.has(pair)) return;
  const comparison = { ...outer, seen: new Set([...outer.seen, pair]) };
  const schemas: Schemas = [comparison.before(declared[0]), comparison.after(declared[1])];
  if (isSame(schemas[0], schemas[1]) && !JSON.stringify(schemas).includes("$ref")) return;
  const variants = schemas.map(variantsOf);
  if (variants[0] !== undefined || variants[1] !== undefined) return compareVariants(variants, schemas, comparison);
  if (!compareTypes(schemas, comparison)) return;
  compareValues(schemas, comparison);
  compareBounds(schemas, comparison);
  compareItems(schemas, comparison);
  compareProperties(schemas, comparison);
}

/** Whether the types left anything to compare. */
function compareTypes(schemas: Schemas, comparison: Comparison): boolean {
  const [before, after] = schemas.map(typesOf) as [readonly string[], readonly string[]];
  const takes = (types: readonly string[], type: string): boolean =>
    types.includes(type) || (type === "integer" && types.includes("number"));
  const lost = before.filter((type) => !takes(after, type));
  const gained = after.filter((type) => !takes(before, type));
  const verb = comparison.direction === "request" ? "may" : "can";
  if (lost.length > 0) report(comparison, "narrower", `${verb} no longer be ${lost.join(" or ")}`);
  if (gained.length > 0) report(comparison, "wider", `${verb} now be ${gained.join(" or ")}`);
  return before.some((type) => takes(after, type) || (type === "number" && after.includes("integer")));
}

function compareValues([before, after]: Schemas, comparison: Comparison): void {
  const [old, now] = [valuesOf(before), valuesOf(after)];
  if (old === undefined && now === undefined) return;
  if (now === undefined) return report(comparison, "wider", "is no longer one of given values");
  if (old === undefined) return report(comparison, "narrower", `must now be one of ${now.join(", ")}`);
  const lost = old.filter((value) => !now.includes(value));
  const gained = now.filter((value) => !old.includes(value));
  if (lost.length > 0) report(comparison, "narrower", `no longer has the value ${lost.join(", ")}`);
  if (gained.length > 0) report(comparison, "wider", `has the new value ${gained.join(", ")}`);
}

/** The values that a schema names, as JSON; undefined when it names none. */
function valuesOf(schema: JsonSchema): readonly string[] | undefined {
  if ("const" in schema) return [JSON.stringify(schema["const"])];
  return Array.isArray(schema["enum"]) ? schema["enum"].map((value) => JSON.stringify(value)) : undefined;
}

function compareItems([before, after]: Schemas, comparison: Comparison): void {
  const [old, now] = [before, after].map(({ items }) => (typeof items === "object" ? (items as JsonSchema) : {})) as [
    JsonSchema,
    JsonSchema,
  ];
  const inside = { ...comparison, place: `an item of ${comparison.place}` };
  compareSchemas([old, now], inside);
  const [oldFirst, nowFirst] = [before, after].map((schema) => (schema["prefixItems"] ?? []) as JsonSchema[]) as [
    JsonSchema[],
    JsonSchema[],
  ];
  if (oldFirst.length !== nowFirst.length) return comparison.sink.breaking(`${comparison.place} has another number of places`);
  for (const [index, item] of oldFirst.entries()) {
    compareSchemas([item, nowFirst[index] as JsonSchema], { ...comparison, place: `place ${index + 1} of ${comparison.place}` });
  }
}

function compareProperties([before, after]: Schemas, comparison: Comparison): void {
  const { direction, sink, place } = comparison;
  const [old, now] = [propertiesOf(before), propertiesOf(after)];
  const [oldRequired, nowRequired] = [requiredOf(before), requiredOf(after)];
  for (const [name, property] of old) {
    const later = now.get(name);
    const member = `${place}'s "${name}"`;
    if (later === undefined) compareRemoved(name, after, comparison);
    else {
      if (!oldRequired.has(name) && nowRequired.has(name))
        report({ ...comparison, place: member }, "narrower", "is now required");
      if (oldRequired.has(name) && !nowRequired.has(name))
        report({ ...comparison, place: member }, "wider", "may now be missing");
      compareSchemas([property, later], { ...comparison, place: member });
    }
  }
  for (const name of now.keys()) {
    if (old.has(name)) continue;
    const breaks = direction === "request" && nowRequired.has(name);
    sink[breaks ? "breaking" : "harmless"](`${place} has the new ${breaks ? "required " : ""}property "${name}"`);
  }
  const [wasClosed, isClosed] = [before, after].map((schema) => schema["additionalProperties"] === false);
  if (wasClosed !== isClosed)
    report(comparison, isClosed === true ? "narrower" : "wider", `takes ${isClosed === true ? "no" : "now"} other properties`);
  const [oldOthers, nowOthers] = [othersOf(before), othersOf(after)];
  compareSchemas([oldOthers, nowOthers], { ...comparison, place: `a value of ${place}` });
}

/** A request may still send what is no longer known, unless unknown properties are refused; an answer without it breaks who reads it. */
function compareRemoved(name: string, after: JsonSchema, { direction, sink, place }: Comparison): void {
  const breaks = direction === "answer" || after["additionalProperties"] === false;
  sink[breaks ? "breaking" : "harmless"](`${place} no longer has the property "${name}"`);
}

const propertiesOf = (schema: JsonSchema): ReadonlyMap<string, JsonSchema> =>
  new Map(Object.entries((schema["properties"] ?? {}) as Record<string, JsonSchema>));
const requiredOf = (schema: JsonSchema): ReadonlySet<string> => new Set((schema["required"] ?? []) as string[]);
const othersOf = ({ additionalProperties }: JsonSchema): JsonSchema =>
  typeof additionalProperties === "object" ? (additionalProperties as JsonSchema) : {};

type Variants = readonly JsonSchema[] | undefined;

function variantsOf({ anyOf, oneOf }: JsonSchema): Variants {
  return (anyOf ?? oneOf) as Variants;
}

/**
 * Alternatives of which one matches each value. Those that both documents have are the same; of the others, each is compared with the
 * one in its place that has the same distinguishing value, if there is one.
 */
function compareVariants(variants: readonly Variants[], schemas: Schemas, comparison: Comparison): void {
  const [old, now] = [variants[0] ?? [schemas[0]], variants[1] ?? [schemas[1]]];
  const left = now.map((schema) => comparison.after(schema));
  for (const one of old.map((schema) => comparison.before(schema))) {
    const index = findPartner(one, left, comparison);
    if (index === -1) report(comparison, "narrower", `no longer has an alternative (${nameVariant(one)})`);
    else compareSchemas([one, ...left.splice(index, 1)] as unknown as Schemas, comparison);
  }
  for (const one of left) report(comparison, "wider", `has a new alternative (${nameVariant(one)})`);
}

function findPartner(one: JsonSchema, others: readonly JsonSchema[], { before, after }: Comparison): number {
  const same = others.findIndex((other) => isSame(one, other));
  if (same !== -1) return same;
  const mark = markOf(one, before);
  return others.findIndex((other) => markOf(other, after) === mark);
}

/** What tells a variant from the others: the constants of its properties, else its types. */
function markOf(schema: JsonSchema, resolve: Resolve): string {
  const constants = [...propertiesOf(schema)].map(([name, property]) => [name, resolve(property)["const"]] as const);
  const known = constants.filter(([, value]) => value !== undefined);
  return JSON.stringify(known.length > 0 ? known : [...typesOf(schema)].sort());
}

function nameVariant(schema: JsonSchema): string {
  const constant = [...propertiesOf(schema)].find(([, property]) => "const" in property);
  return constant === undefined ? typesOf(schema).join(" or ") : `${constant[0]}: ${JSON.stringify(constant[1]["const"])}`;
}
