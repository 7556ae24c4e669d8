import type { Policies, Route, VersionOptions } from "../contract.ts";
import type { DocumentedError } from "../documentation.ts";
import { mergePolicies } from "../route.ts";
import type { OpenApiDocument, Operation } from "./contract.ts";
import { documentOperation, operationIdOf } from "./operation.ts";
import { type DocumentedPath, documentPath } from "./path-template.ts";
import { PROBLEM_SCHEMA } from "./problem-schema.ts";
import { problemsOf } from "./problems.ts";
import { SHARED_HEADERS, exampleProblem } from "./responses.ts";
import { SchemaBook } from "./schema-book.ts";
import { SecuritySchemes } from "./security-schemes.ts";

export interface DocumentOptions {
  readonly routes: readonly Route[];
  /** Policies of the whole app. */
  readonly defaults?: Policies;
  /** How callers choose among versions by a header. The document has the default one. */
  readonly versions?: VersionOptions;
  readonly title: string;
  readonly version: string;
  readonly description?: string;
}

/** A document, and what in it is less than the routes declare, a sentence each. */
export interface CreatedDocument {
  readonly document: OpenApiDocument;
  readonly warnings: readonly string[];
}

/**
 * Describes routes as OpenAPI 3.1.1, from the same declarations that they are compiled from. The same routes always give the same
 * document, in the order of their declaration.
 */
export function createDocument(options: DocumentOptions): CreatedDocument {
  const builder = new DocumentBuilder();
  for (const route of options.routes) {
    if (route.contract.documented !== false) builder.add(route, options);
  }
  return builder.finish(options);
}

class DocumentBuilder {
  readonly #book = new SchemaBook(["Problem"]);
  readonly #security = new SecuritySchemes();
  readonly #paths = new Map<string, Record<string, Operation>>();
  readonly #pathsByShape = new Map<string, DocumentedPath>();
  readonly #operationIds = new Set<string>();
  readonly #errors = new Map<string, DocumentedError>();

  add(route: Route, { defaults = {}, versions }: DocumentOptions): void {
    const contract = mergePolicies(defaults, route.contract);
    if (contract.version !== undefined && contract.version !== versions?.default) {
      this.#book.warnings.push(
        `version ${contract.version} of ${route.method} ${route.path} is left out: a document has one version`,
      );
      return;
    }
    const path = this.#pathOf(route);
    const verb = route.method.toLowerCase();
    const item = this.#paths.get(path.text) ?? {};
    if (item[verb] !== undefined) {
      this.#book.warnings.push(
        `${route.method} ${route.path} is left out: to OpenAPI it has the same path as ${route.method} ${path.text}, which comes first`,
      );
      return;
    }
    const operationId = this.#freeId(contract.name ?? operationIdOf(route.method, path));
    for (const error of problemsOf(route.method, contract, path)) this.#errors.set(error.code, error);
    item[verb] = documentOperation(route, contract, { path, book: this.#book, security: this.#security, operationId, versions });
    this.#paths.set(path.text, item);
  }

  finish({ title, version, description }: DocumentOptions): CreatedDocument {
    const { part: paths, schemas } = this.#book.finish(Object.fromEntries(this.#paths));
    const operations = Object.values(paths).flatMap((item) => Object.values(item));
    const tags = [...new Set(operations.flatMap((operation) => operation.tags ?? []))];
    const examples = [...this.#errors.values()].map((error) => [error.code, exampleProblem(error)] as const);
    const document: OpenApiDocument = {
      openapi: "3.1.1",
      info: { title, version, ...(description === undefined ? {} : { description }) },
      servers: [{ url: "/" }],
      tags: tags.map((name) => ({ name })),
      paths,
      components: {
        schemas: { Problem: PROBLEM_SCHEMA, ...schemas },
        examples: Object.fromEntries(examples.sort(([a], [b]) => (a < b ? -1 : 1))),
        headers: SHARED_HEADERS,
        securitySchemes: this.#security.all(),
      },
    };
    return { document, warnings: this.#book.warnings };
  }

  /** Paths that differ in the names of their parameters only are one path to OpenAPI: the first names them. */
  #pathOf(route: Route): DocumentedPath {
    const path = documentPath(route.path);
    const first = this.#pathsByShape.get(path.shape);
    if (first === undefined) {
      this.#pathsByShape.set(path.shape, path);
      return path;
    }
    return documentPath(
      route.path,
      first.parameters.map((parameter) => parameter.name),
    );
  }

  #freeId(wanted: string): string {
    let id = wanted;
    for (let count = 2; this.#operationIds.has(id); count++) id = `${wanted}${count}`;
    this.#operationIds.add(id);
    return id;
  }
}
