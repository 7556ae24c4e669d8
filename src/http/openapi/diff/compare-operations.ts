import type { JsonSchema } from "../../validation/json-schema.ts";
import type { Content, DocumentedLimit, OpenApiDocument, Operation, Parameter } from "../contract.ts";
import type { ChangeSink } from "./change.ts";
import { compareSchemas } from "./compare-schemas.ts";
import type { Comparison } from "./comparison.ts";
import type { Resolve } from "./schema-facts.ts";

/** The same operation in two documents. */
export interface OperationPair {
  readonly before: Operation;
  readonly after: Operation;
  readonly sink: ChangeSink;
  readonly resolveBefore: Resolve;
  readonly resolveAfter: Resolve;
}

/** Follows references in one document. */
export function resolverOf({ components }: OpenApiDocument): Resolve {
  const schemas = components.schemas ?? {};
  const resolve: Resolve = (schema) => {
    const { $ref, ...rest } = schema;
    const target = typeof $ref === "string" ? schemas[$ref.slice("#/components/schemas/".length)] : undefined;
    return target === undefined ? schema : { ...resolve(target), ...rest };
  };
  return resolve;
}

/** Says what changed in one operation. */
export function compareOperation(pair: OperationPair): void {
  const { before, after, sink } = pair;
  if (before.operationId !== after.operationId)
    sink.breaking(`is now named ${after.operationId} instead of ${before.operationId}, which renames it in generated clients`);
  if (before.deprecated !== true && after.deprecated === true) sink.harmless("is now deprecated");
  compareSecurity(pair);
  compareParameters(pair);
  compareBody(pair);
  compareAnswers(pair);
  compareLimits(pair);
}

function comparison(pair: OperationPair, direction: Comparison["direction"], place: string): Comparison {
  return { direction, place, sink: pair.sink, before: pair.resolveBefore, after: pair.resolveAfter, seen: new Set() };
}

function compareSecurity({ before, after, sink }: OperationPair): void {
  if (before.security.length === 0) {
    if (after.security.length > 0) sink.breaking(`now needs credentials (${namesOf(after.security)})`);
    return;
  }
  if (after.security.length === 0) return sink.harmless("no longer needs credentials");
  for (const requirement of before.security) {
    const names = Object.keys(requirement);
    const later = after.security.find((one) => Object.keys(one).every((name) => names.includes(name)));
    if (later === undefined)
      sink.breaking(`no longer takes ${names.join(" with ")} as credentials, but ${namesOf(after.security)}`);
    for (const [name, scopes] of Object.entries(later ?? {})) {
      const added = scopes.filter((scope) => requirement[name]?.includes(scope) !== true);
      if (added.length > 0) sink.breaking(`now needs the scope ${added.join(", ")}`);
    }
  }
}

const namesOf = (security: Operation["security"]): string => security.map((one) => Object.keys(one).join(" with ")).join(" or ");

function compareParameters(pair: OperationPair): void {
  const { before, after, sink } = pair;
  const later = byKey(after.parameters);
  for (const [key, parameter] of byKey(before.parameters)) {
    const now = later.get(key);
    if (now === undefined) {
      sink.harmless(`no longer has the ${key}, which is passed over when it is sent`);
      continue;
    }
    if (parameter.required !== true && now.required === true) sink.breaking(`the ${key} is now required`);
    if (parameter.required === true && now.required !== true) sink.harmless(`the ${key} is no longer required`);
    compareSchemas([parameter.schema, now.schema], comparison(pair, "request", `the ${key}`));
  }
  const earlier = byKey(before.parameters);
  for (const [key, { required }] of later) {
    if (!earlier.has(key))
      sink[required === true ? "breaking" : "harmless"](`has the new ${required === true ? "required " : ""}${key}`);
  }
}

/** Parameters by what callers know them by. Those in the path are known by their place: their names are not sent. */
function byKey(parameters: readonly Parameter[] = []): ReadonlyMap<string, Parameter> {
  let place = 0;
  return new Map(
    parameters.map((parameter) => {
      const { in: where, name } = parameter;
      return [where === "path" ? `path parameter ${++place}` : `${where} parameter "${name}"`, parameter];
    }),
  );
}

function compareBody(pair: OperationPair): void {
  const { sink } = pair;
  const [old, now] = [pair.before.requestBody, pair.after.requestBody];
  if (old === undefined) {
    if (now !== undefined)
      sink[now.required ? "breaking" : "harmless"](`takes a body now${now.required ? ", and needs it" : ""}`);
    return;
  }
  if (now === undefined) return sink.breaking("no longer takes a body");
  if (!old.required && now.required) sink.breaking("now needs its body");
  if (old.required && !now.required) sink.harmless("no longer needs its body");
  compareContent(pair, [old.content, now.content], "request", "body");
}

function compareContent(
  pair: OperationPair,
  [old, now]: readonly [Content, Content],
  direction: Comparison["direction"],
  what: string,
): void {
  const { sink } = pair;
  for (const [type, media] of Object.entries(old)) {
    const later = now[type];
    if (later === undefined) {
      if (!("*/*" in now)) sink.breaking(`the ${what} can no longer be ${type}`);
      continue;
    }
    const place = Object.keys(old).length === 1 ? `the ${what}` : `the ${what} as ${type}`;
    compareSchemas([schemaOf(media), schemaOf(later)], comparison(pair, direction, place));
  }
  for (const type of Object.keys(now)) if (!(type in old)) sink.harmless(`the ${what} can now be ${type}`);
}

const schemaOf = ({ schema = {} }: Content[string]): JsonSchema => schema;

function compareAnswers(pair: OperationPair): void {
  const { before, after, sink } = pair;
  for (const [status, answer] of Object.entries(before.responses)) {
    const later = after.responses[status];
    if (later === undefined) {
      // Callers cannot miss an error; of a success they may be waiting for just this one.
      const isError = /^[45]/.test(status);
      sink[isError ? "harmless" : "breaking"](`no longer answers ${status}`);
      continue;
    }
    const [old, now] = [answer.content ?? {}, later.content ?? {}];
    compareContent(pair, [old, now], "answer", `answer ${status}`);
    compareCodes(pair, status, [old, now]);
  }
  for (const status of Object.keys(after.responses)) {
    if (!(status in before.responses)) sink[/^[23]/.test(status) ? "breaking" : "harmless"](`has the new answer ${status}`);
  }
}

function compareCodes({ sink }: OperationPair, status: string, [old, now]: readonly [Content, Content]): void {
  const [before, after] = [old, now].map((content) => Object.keys(content["application/problem+json"]?.examples ?? {})) as [
    string[],
    string[],
  ];
  for (const code of before) if (!after.includes(code)) sink.harmless(`answer ${status} no longer has the code ${code}`);
  for (const code of after) if (!before.includes(code)) sink.harmless(`answer ${status} has the new code ${code}`);
}

/** Lower limits break nobody by themselves, but callers should hear of them. */
function compareLimits({ before, after, sink }: OperationPair): void {
  compareLimit("body limit", [before["x-body-limit"], after["x-body-limit"]], "bytes", sink);
  compareLimit("deadline", [before["x-deadline"], after["x-deadline"]], "ms", sink);
  const later = limitsOf(after);
  const earlier = limitsOf(before);
  for (const [name, limit] of earlier) {
    const now = later.get(name);
    if (now === undefined) sink.harmless(`no longer has the rate limit "${name}"`);
    else if (textOf(now) !== textOf(limit))
      sink.harmless(`the rate limit "${name}" is ${textOf(now)} instead of ${textOf(limit)}`);
  }
  for (const [name, limit] of later)
    if (!earlier.has(name)) sink.harmless(`has the new rate limit "${name}" of ${textOf(limit)}`);
}

function compareLimit(
  what: string,
  [old, now]: readonly [number | undefined, number | undefined],
  unit: string,
  sink: ChangeSink,
): void {
  if (old === now) return;
  const text = (value: number | undefined): string => (value === undefined ? "none" : `${value} ${unit}`);
  sink.harmless(`the ${what} is ${text(now)} instead of ${text(old)}`);
}

const limitsOf = (operation: Operation): ReadonlyMap<string, DocumentedLimit> =>
  new Map((operation["x-limits"] ?? []).map((limit) => [limit.name, limit]));
const textOf = ({ count, windowSeconds }: DocumentedLimit): string => `${count} in ${windowSeconds} s`;
