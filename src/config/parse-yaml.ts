import type { Document, Node } from "yaml";
import type { ParsedFile } from "./contract.ts";
import { positionOf } from "./position.ts";

/**
 * Parses one YAML 1.2 document of the core schema: no tags of its own, no merge keys, aliases as far as they do not explode.
 * Messages name the kind of mistake only, because the library's own quote the text.
 */
export async function parseYaml(text: string): Promise<ParsedFile> {
  const { parseDocument } = await import("yaml");
  // "error": the library would otherwise print warnings, with the text in them, to stderr.
  const document = parseDocument(text, { version: "1.2", schema: "core", prettyErrors: false, logLevel: "error" });
  const mistake = document.errors[0] ?? document.warnings[0];
  if (mistake !== undefined) {
    const reason = mistake.code.toLowerCase().replaceAll("_", " ");
    return { malformed: `is not valid YAML (${reason})`, ...positionOf(text, mistake.pos[0]) };
  }
  try {
    const root: unknown = document.toJS({ maxAliasCount: 100 });
    return { root, offsetOf: (path) => offsetIn(document, path) };
  } catch {
    return { malformed: "is YAML whose aliases are unknown or expand too far" };
  }
}

function offsetIn(document: Document.Parsed, path: readonly string[]): number | undefined {
  let node: Node | null | undefined = document.contents;
  let offset: number | undefined;
  for (const segment of path) {
    if (!isMapNode(node)) return offset; // behind an alias: the line of the key that has the alias
    const pair: MapNode["items"][number] | undefined = node.items.find((item) => String(item.key) === segment);
    offset = pair?.key?.range?.[0] ?? offset;
    node = pair?.value;
  }
  return offset;
}

interface MapNode {
  readonly items: readonly { readonly key: Node | null; readonly value: Node | null }[];
}

/** Structural, so that the library's guards need no second import. */
function isMapNode(node: unknown): node is MapNode {
  return typeof node === "object" && node !== null && "items" in node && "get" in node && !Array.isArray(node);
}
