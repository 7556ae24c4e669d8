import type { OpenApiDocument } from "../../http/mod.ts";

type Operation = OpenApiDocument["paths"][string][string];

/** One operation of a document, with what is needed to call it. */
export interface ApiOperation extends Omit<Operation, "parameters"> {
  readonly method: string;
  /** With parameters in braces. */
  readonly path: string;
  readonly parameters: NonNullable<Operation["parameters"]>;
}

/** The operations of a document, in its order. */
export function operationsOf(document: OpenApiDocument): readonly ApiOperation[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) =>
      Object.assign({}, operation, { parameters: operation.parameters ?? [], method: method.toUpperCase(), path }),
    ),
  );
}
