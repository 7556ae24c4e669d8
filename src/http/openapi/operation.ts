import { parseDuration } from "../../core/mod.ts";
import type { Route, RouteContract, VersionOptions } from "../contract.ts";
import { deadlineOf } from "../pipeline/bounds.ts";
import { deprecationOf } from "../pipeline/deprecation.ts";
import { replayRuleOf } from "../pipeline/steps/replay.ts";
import { listOf } from "../route.ts";
import { conditionParameters } from "./conditions.ts";
import type { DocumentedLimit, Operation, Parameter } from "./contract.ts";
import { documentParameters } from "./parameters.ts";
import type { DocumentedPath } from "./path-template.ts";
import { problemsOf } from "./problems.ts";
import { bodyLimitBytes, documentBody } from "./request-body.ts";
import { documentResponses } from "./responses.ts";
import type { SchemaBook } from "./schema-book.ts";
import type { SecuritySchemes } from "./security-schemes.ts";

/** What the operations of one document share. */
export interface OperationOptions {
  readonly path: DocumentedPath;
  readonly book: SchemaBook;
  readonly security: SecuritySchemes;
  readonly operationId: string;
  readonly versions: VersionOptions | undefined;
}

/** Documents one route. @param contract the app's policies included */
export function documentOperation(route: Route, contract: RouteContract, options: OperationOptions): Operation {
  const { path, book, security, operationId } = options;
  const place = `${route.method} ${route.path}`;
  // Style guides want a summary everywhere.
  const { summary = `${route.method} ${path.text}`, description } = contract;
  const parameters = withoutRepeats([
    ...documentParameters(contract, path, { book, place }),
    ...versionParameter(contract, options.versions),
    ...replayParameters(route.method, contract),
    ...conditionParameters(route.method, contract),
  ]);
  const requestBody = documentBody(contract, { book, place });
  return {
    operationId,
    tags: tagsOf(contract, path),
    summary,
    ...(description === undefined ? {} : { description }),
    ...(deprecationOf(contract) === undefined ? {} : { deprecated: true }),
    security: security.requirementsOf(contract),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(requestBody === undefined ? {} : { requestBody }),
    responses: documentResponses(contract, {
      method: route.method,
      book,
      place,
      problems: problemsOf(route.method, contract, path),
    }),
    ...boundsOf(contract),
  };
}

/** A header that a route's own schema names is what that says of it. */
function withoutRepeats(parameters: readonly Parameter[]): readonly Parameter[] {
  const keys = parameters.map(({ name, in: where }) => `${where} ${where === "header" ? name.toLowerCase() : name}`);
  return parameters.filter((_, index) => keys.indexOf(keys[index] as string) === index);
}

/** The header that chooses among versions; the document is of the one that callers get who send none. */
function versionParameter({ version }: RouteContract, versions: VersionOptions | undefined): readonly Parameter[] {
  if (version === undefined) return [];
  const name = versions?.header ?? "api-version";
  return [{ name, in: "header", description: "The API version.", schema: { type: "string", const: version } }];
}

/** Headers that the rule before the handler reads. */
function replayParameters(method: string, contract: RouteContract): readonly Parameter[] {
  const { headers = [] } = replayRuleOf(method, contract)?.note ?? {};
  return headers.map(({ name, description, required, schema }) => ({
    name,
    in: "header",
    description,
    required,
    schema,
  }));
}

/** Bounds that OpenAPI has no words for. */
function boundsOf(contract: RouteContract): Pick<Operation, "x-limits" | "x-body-limit" | "x-deadline"> {
  const limits = listOf(contract.limit).map(({ name, count, windowSeconds }): DocumentedLimit => ({
    name,
    count,
    windowSeconds,
  }));
  const bodyLimit = bodyLimitBytes(contract);
  const deadline = parseDuration(deadlineOf(contract));
  return {
    ...(limits.length === 0 ? {} : { "x-limits": limits }),
    ...(bodyLimit === undefined ? {} : { "x-body-limit": bodyLimit }),
    ...(deadline === 0 ? {} : { "x-deadline": deadline }),
  };
}

function tagsOf({ tags }: RouteContract, { text }: DocumentedPath): readonly string[] {
  return tags ?? [text.split("/").find((segment) => segment !== "" && !segment.startsWith("{")) ?? "default"];
}

/** An id made from method and path: `GET /files/{id}` is `getFilesId`. */
export function operationIdOf(method: string, path: DocumentedPath): string {
  const words = path.text.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
  return method.toLowerCase() + words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join("");
}
