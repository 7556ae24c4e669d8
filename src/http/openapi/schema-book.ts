import { toError } from "../../core/mod.ts";
import type { Schema } from "../contract.ts";
import { type Direction, type JsonSchema, toJsonSchema } from "../validation/json-schema.ts";
import { mapReferences, mapSchemas } from "./walk.ts";

const COMPONENTS = "#/components/schemas/";
const LOCAL = "#/$defs/";

/**
 * The schemas of one document. A schema with an id (`.meta({ id: "File" })` in zod) becomes a component. It has one under its id when
 * what it takes and what it gives are the same, else the input has "Input" behind it.
 *
 * While the document is made, references name the direction too; {@link SchemaBook.finish} settles the names.
 */
export class SchemaBook {
  /** What could not be documented as it is meant. */
  readonly warnings: string[] = [];
  readonly #components = new Map<string, JsonSchema>();
  readonly #reserved: ReadonlySet<string>;

  /** @param reserved names that are taken */
  constructor(reserved: readonly string[]) {
    this.#reserved = new Set(reserved);
  }

  /**
   * A declared schema as the document has it: itself, or a reference to a component.
   *
   * @param place names the schema if it needs a name and has none, and says in warnings where it is
   */
  add(schema: Schema, direction: Direction, place: string): JsonSchema {
    let converted: JsonSchema | undefined;
    try {
      converted = toJsonSchema(schema, direction);
    } catch (thrown) {
      this.warnings.push(`${place} has no JSON Schema and is documented as anything: ${toError(thrown).message}`);
      return {};
    }
    if (converted === undefined) {
      this.warnings.push(`${place} is of a library without Standard JSON Schema and is documented as anything`);
      return {};
    }
    return this.#keep(direction === "output" ? mapSchemas(converted, openUp) : converted, direction, place);
  }

  /** What a schema says at its top: references followed, the parts of an intersection put together. */
  resolve(schema: JsonSchema): JsonSchema {
    const { $ref, allOf, ...rest } = schema;
    const target = typeof $ref === "string" ? this.#components.get(keyOf($ref)) : undefined;
    if (target !== undefined) return { ...this.resolve(target), ...rest };
    if (!Array.isArray(allOf)) return schema;
    return [rest, ...(allOf as JsonSchema[]).map((part) => this.resolve(part))].reduce(intersect);
  }

  /** Settles the names of components in a finished part of the document, and gives the components that it uses. */
  finish<Part extends object>(part: Part): { readonly part: Part; readonly schemas: Record<string, JsonSchema> } {
    const names = this.#settleNames();
    const used = new Map<string, JsonSchema>();
    const visit = (reference: string): string => {
      const key = keyOf(reference);
      const name = names.get(key);
      const component = this.#components.get(key);
      if (name === undefined || component === undefined) return reference;
      if (!used.has(name)) {
        used.set(name, {}); // it may refer to itself
        used.set(name, mapReferences(component, visit));
      }
      return reference.replace(key, name);
    };
    const settled = mapReferences(part, visit);
    return { part: settled, schemas: Object.fromEntries([...used].sort(([a], [b]) => (a < b ? -1 : 1))) };
  }

  #keep(converted: JsonSchema, direction: Direction, place: string): JsonSchema {
    const { $schema: _, $defs = {}, ...root } = converted;
    const definitions = Object.entries($defs as Record<string, JsonSchema>);
    const references = collectReferences(converted);
    const keys = new Map<string, string>();
    for (const [id] of definitions) keys.set(id, this.#freeKey(direction, isGenerated(id) ? `${place}-${id}` : id, keys));
    // A schema that refers to itself by "#" can only do so as a component.
    const self = references.some((reference) => !reference.startsWith(LOCAL)) ? this.#freeKey(direction, place, keys) : undefined;
    const rewrite = (reference: string): string => {
      if (!reference.startsWith("#")) return reference;
      if (!reference.startsWith(LOCAL)) return COMPONENTS + (self ?? "") + reference.slice(1);
      const [id = "", ...rest] = reference.slice(LOCAL.length).split("/");
      return [COMPONENTS + (keys.get(decodePointer(id)) ?? ""), ...rest].join("/");
    };
    for (const [id, definition] of definitions) this.#define(keys.get(id) as string, mapReferences(definition, rewrite));
    const rewritten = mapReferences(root, rewrite);
    if (self === undefined) return rewritten;
    this.#define(self, rewritten);
    return { $ref: COMPONENTS + self };
  }

  #define(key: string, schema: JsonSchema): void {
    const existing = this.#components.get(key);
    if (existing !== undefined && JSON.stringify(existing) !== JSON.stringify(schema)) {
      this.warnings.push(`two schemas have the id "${nameOf(key)}"; the document has only the first. Give each its own`);
      return;
    }
    this.#components.set(key, schema);
  }

  #freeKey(direction: Direction, id: string, taken: ReadonlyMap<string, string>): string {
    const name = id.replaceAll(/[^A-Za-z0-9._-]+/g, "_");
    const keys = new Set(taken.values());
    let key = `${direction}:${name}`;
    for (let count = 2; this.#reserved.has(nameOf(key)) || keys.has(key); count++) key = `${direction}:${name}${count}`;
    return key;
  }

  /** Names by key. Two directions share a name when they say the same, which they do only if all that they refer to does. */
  #settleNames(): ReadonlyMap<string, string> {
    const keys = [...this.#components.keys()];
    const ids = new Set(keys.map(nameOf));
    const differing = new Set([...ids].filter((id) => this.#textOf("input", id) !== this.#textOf("output", id)));
    for (let before = -1; before !== differing.size;) {
      before = differing.size;
      for (const id of ids) if (this.#refersTo(id, differing)) differing.add(id);
    }
    const hasOutput = (id: string): boolean => this.#components.has(`output:${id}`);
    return new Map(
      keys.map((key) => {
        const id = nameOf(key);
        return [key, key.startsWith("input:") && hasOutput(id) && differing.has(id) ? this.#inputName(id, ids) : id];
      }),
    );
  }

  #inputName(id: string, ids: ReadonlySet<string>): string {
    let name = `${id}Input`;
    while (ids.has(name) || this.#reserved.has(name)) name += "_";
    return name;
  }

  #textOf(direction: Direction, id: string): string {
    const schema = this.#components.get(`${direction}:${id}`);
    return JSON.stringify(mapReferences(schema ?? {}, (reference) => COMPONENTS + nameOf(reference.slice(COMPONENTS.length))));
  }

  #refersTo(id: string, ids: ReadonlySet<string>): boolean {
    const both = [this.#components.get(`input:${id}`) ?? {}, this.#components.get(`output:${id}`) ?? {}];
    return collectReferences(both).some((reference) => ids.has(nameOf(keyOf(reference))));
  }
}

/** The component's key in a reference, which may go on into the component. */
const keyOf = (reference: string): string => reference.slice(COMPONENTS.length).split("/", 1)[0] as string;
const nameOf = (key: string): string => key.slice(key.indexOf(":") + 1);
/** Names that libraries make up for schemas without one. */
const isGenerated = (id: string): boolean => id.startsWith("__");
const decodePointer = (token: string): string => decodeURIComponent(token).replaceAll("~1", "/").replaceAll("~0", "~");

function collectReferences(value: object): string[] {
  const references: string[] = [];
  mapReferences(value, (reference) => {
    references.push(reference);
    return reference;
  });
  return references;
}

/** Replies may gain fields later: a document that closes them would make every new field a breaking change. */
function openUp(schema: JsonSchema): JsonSchema {
  if (schema["additionalProperties"] !== false) return schema;
  const { additionalProperties: _, ...open } = schema;
  return open;
}

function intersect(left: JsonSchema, right: JsonSchema): JsonSchema {
  const properties = { ...(left["properties"] as object), ...(right["properties"] as object) };
  const required = [...((left["required"] as string[]) ?? []), ...((right["required"] as string[]) ?? [])];
  return {
    ...left,
    ...right,
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
    ...(required.length === 0 ? {} : { required: [...new Set(required)] }),
  };
}
