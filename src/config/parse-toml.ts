import type { ParsedFile } from "./contract.ts";

/** Parses TOML 1.0. The library keeps no positions of keys, and its messages quote the text: only line and column are passed on. */
export async function parseToml(text: string): Promise<ParsedFile> {
  const { TomlError, parse } = await import("smol-toml");
  try {
    // Unsafe keys are own properties of objects without a prototype here; the caller refuses them in one way for all formats.
    return { root: parse(text, { maxDepth: 32, unsafeKeyBehaviour: "keep" }), offsetOf: () => undefined };
  } catch (thrown) {
    const position = thrown instanceof TomlError ? { line: thrown.line, column: thrown.column } : {};
    return { malformed: "is not valid TOML", ...position };
  }
}
