import type { JsonSchema } from "../validation/json-schema.ts";

// The parts of OpenAPI 3.1.1 that documents here are made of. Objects are built in a fixed order, so that a saved document can be compared.

export interface Reference {
  readonly $ref: string;
}

export interface MediaType {
  readonly schema?: JsonSchema;
  readonly examples?: { readonly [name: string]: Reference };
  /** Media types of the files of a form, by name. */
  readonly encoding?: { readonly [name: string]: { readonly contentType: string } };
}

export type Content = { readonly [type: string]: MediaType };

export interface Header {
  readonly description?: string;
  readonly required?: boolean;
  readonly schema: JsonSchema;
}

export interface Answer {
  readonly description: string;
  readonly headers?: { readonly [name: string]: Header | Reference };
  readonly content?: Content;
}

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header" | "cookie";
  readonly description?: string;
  readonly required?: boolean;
  readonly deprecated?: boolean;
  readonly style?: string;
  readonly explode?: boolean;
  readonly schema: JsonSchema;
}

export interface RequestBody {
  readonly description?: string;
  readonly required: boolean;
  readonly content: Content;
}

export type SecurityRequirement = { readonly [scheme: string]: readonly string[] };

/** A rate limit, for which OpenAPI has no word. */
export interface DocumentedLimit {
  readonly name: string;
  readonly count: number;
  readonly windowSeconds: number;
}

export interface Operation {
  readonly operationId: string;
  readonly tags?: readonly string[];
  readonly summary?: string;
  readonly description?: string;
  readonly deprecated?: boolean;
  readonly security: readonly SecurityRequirement[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: RequestBody;
  readonly responses: { readonly [status: string]: Answer };
  readonly "x-limits"?: readonly DocumentedLimit[];
  /** Bytes. */
  readonly "x-body-limit"?: number;
  /** Milliseconds. */
  readonly "x-deadline"?: number;
}

export type PathItem = { readonly [method: string]: Operation };

export interface OpenApiDocument {
  readonly openapi: "3.1.1";
  readonly info: { readonly title: string; readonly version: string; readonly description?: string };
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string }[];
  readonly paths: { readonly [path: string]: PathItem };
  readonly components: {
    readonly schemas: { readonly [name: string]: JsonSchema };
    readonly examples: { readonly [name: string]: { readonly summary: string; readonly value: unknown } };
    readonly headers: { readonly [name: string]: Header };
    readonly securitySchemes: { readonly [name: string]: { readonly type: string; readonly [field: string]: unknown } };
  };
}
