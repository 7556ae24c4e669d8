import type { OpenApiDocument } from "./contract.ts";
import type { ApiChange } from "./diff/change.ts";
import type { CreatedDocument, DocumentOptions } from "./document.ts";

export type { OpenApiDocument } from "./contract.ts";
export type { ApiChange } from "./diff/change.ts";
export type { CreatedDocument, DocumentOptions } from "./document.ts";

// perf: what makes and compares documents is loaded only by programs that ask for it.

/**
 * Describes routes as OpenAPI 3.1.1, from the same declarations that they are compiled from. The same routes always give the same
 * document.
 *
 * @example
 * const { document } = await describeApi({ routes: orders, title: "Orders", version: "1.0.0" });
 */
export async function describeApi(options: DocumentOptions): Promise<CreatedDocument> {
  const { createDocument } = await import("./document.ts");
  return createDocument(options);
}

/**
 * Says what changed from one document to a later one, breaking changes first. A change is breaking when a caller that keeps to the
 * earlier document may be refused, or answered what that document does not have.
 *
 * @example
 * const changes = await compareApi(released, document);
 * if (changes.some(({ breaking }) => breaking)) process.exitCode = 1;
 */
export async function compareApi(before: OpenApiDocument, after: OpenApiDocument): Promise<readonly ApiChange[]> {
  const { compareDocuments } = await import("./diff/compare-documents.ts");
  return compareDocuments(before, after);
}
