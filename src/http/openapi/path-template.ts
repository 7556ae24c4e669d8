import { splitSegments } from "../router/path.ts";

/** A route's path as OpenAPI writes it. */
export interface DocumentedPath {
  /** `/files/{id}` for `/files/:id`. */
  readonly text: string;
  /** The path with names left out: no two paths of a document may agree in it (OpenAPI 3.1.1, section 4.8.8.2). */
  readonly shape: string;
  readonly parameters: readonly PathParameter[];
}

export interface PathParameter {
  /** Its name in the route; `*` for a wildcard. */
  readonly key: string;
  readonly name: string;
  /** What the template demands of it, as JSON Schema has it. */
  readonly pattern: string | undefined;
}

const PARAMETER = /^:([A-Za-z_][A-Za-z0-9_]*)(?:\((.+)\))?$/;

/** Rewrites a route's path. @param names names by position, where another route of the same shape came first */
export function documentPath(path: string, names: readonly string[] = []): DocumentedPath {
  const parameters: PathParameter[] = [];
  const segments = splitSegments(path.slice(1)).map((segment) => {
    const match = PARAMETER.exec(segment);
    const key = segment === "*" ? "*" : match?.[1];
    if (key === undefined) return segment;
    const name = names[parameters.length] ?? (key === "*" ? "wildcard" : key);
    parameters.push({ key, name, pattern: match?.[2] === undefined ? undefined : `^(?:${match[2]})$` });
    return `{${name}}`;
  });
  const text = `/${segments.join("/")}`;
  return { text, shape: text.replaceAll(/\{[^}]*\}/g, "{}"), parameters };
}
