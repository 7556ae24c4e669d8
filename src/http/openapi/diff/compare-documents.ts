import type { OpenApiDocument, Operation } from "../contract.ts";
import { type ApiChange, createSink } from "./change.ts";
import { compareOperation, resolverOf } from "./compare-operations.ts";

/**
 * Says what changed from one document to a later one, breaking changes first. A change is breaking when a caller that keeps to the
 * earlier document may be refused, or be answered what that document does not have.
 */
export function compareDocuments(before: OpenApiDocument, after: OpenApiDocument): readonly ApiChange[] {
  const changes: ApiChange[] = [];
  const [old, now] = [operationsOf(before), operationsOf(after)];
  const [resolveBefore, resolveAfter] = [resolverOf(before), resolverOf(after)];
  for (const [shape, { name, operation }] of old) {
    const later = now.get(shape);
    const sink = createSink(name, changes);
    if (later === undefined) sink.breaking("is gone");
    else compareOperation({ before: operation, after: later.operation, sink, resolveBefore, resolveAfter });
  }
  for (const [shape, { name }] of now) if (!old.has(shape)) createSink(name, changes).harmless("is new");
  const unique = [...new Map(changes.map((change) => [JSON.stringify(change), change])).values()];
  return [...unique.filter(({ breaking }) => breaking), ...unique.filter(({ breaking }) => !breaking)];
}

/** Operations by method and path, the names of its parameters left out: they are not sent. */
function operationsOf({ paths }: OpenApiDocument): ReadonlyMap<string, { readonly name: string; readonly operation: Operation }> {
  const all = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => {
      const name = `${method.toUpperCase()} ${path}`;
      return [name.replaceAll(/\{[^}]*\}/g, "{}"), { name, operation }] as const;
    }),
  );
  return new Map(all);
}
