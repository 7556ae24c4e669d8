import type { ParsedFile } from "./contract.ts";
import { positionOf } from "./position.ts";

const TOKEN =
  /[ \t\r\n]*(?:(?<mark>[{}[\],:])|(?<scalar>"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null))/y;
const DEEPEST = 32;

/**
 * Parses JSON (RFC 8259) and remembers where each key stands. Own code, because `JSON.parse` quotes the text in its messages (a secret, it
 * may be), often without a position, and lets a repeated key win silently.
 */
export function parseJson(text: string): ParsedFile {
  const reader = new JsonReader(text);
  try {
    const root = reader.readDocument();
    return { root, offsetOf: (path) => reader.offsetOf(root, path) };
  } catch {
    return { malformed: "is not valid JSON", ...positionOf(text, reader.offset) };
  }
}

class JsonReader {
  readonly #text: string;
  readonly #offsets = new WeakMap<object, Map<string, number>>();
  /** Where the last token began: when reading fails, the one that does not fit. */
  offset = 0;
  #next = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readDocument(): unknown {
    const root = this.#readValue(this.#take(), 0);
    this.offset = this.#next;
    if (this.#text.slice(this.#next).trim() !== "") throw new Error("more than one value");
    return root;
  }

  offsetOf(root: unknown, path: readonly string[]): number | undefined {
    let node: unknown = root;
    let offset: number | undefined;
    for (const segment of path) {
      if (typeof node !== "object" || node === null) return offset;
      offset = this.#offsets.get(node)?.get(segment);
      node = (node as Readonly<Record<string, unknown>>)[segment];
    }
    return offset;
  }

  /** The next token. Brackets, commas and colons are themselves; scalars are their source text. */
  #take(): string {
    TOKEN.lastIndex = this.#next;
    const groups = TOKEN.exec(this.#text)?.groups;
    const token = groups?.["mark"] ?? groups?.["scalar"];
    if (token === undefined) {
      this.offset = this.#next + (/^[ \t\r\n]*/.exec(this.#text.slice(this.#next))?.[0].length ?? 0);
      throw new Error("no token");
    }
    this.#next = TOKEN.lastIndex;
    this.offset = this.#next - token.length;
    return token;
  }

  #readValue(token: string, depth: number): unknown {
    if (depth > DEEPEST) throw new Error("too deep");
    if (token === "{") return this.#readObject(depth);
    if (token === "[") return this.#readArray(depth);
    return JSON.parse(token); // a scalar; a mark in the wrong place throws
  }

  #readObject(depth: number): object {
    const object: Record<string, unknown> = Object.create(null);
    const offsets = new Map<string, number>();
    this.#offsets.set(object, offsets);
    let token = this.#take();
    if (token === "}") return object;
    for (;;) {
      if (!token.startsWith('"')) throw new Error("no key");
      const key = JSON.parse(token) as string;
      if (offsets.has(key)) throw new Error("repeated key");
      offsets.set(key, this.offset);
      if (this.#take() !== ":") throw new Error("no colon");
      object[key] = this.#readValue(this.#take(), depth + 1);
      if (!this.#takeComma("}")) return object;
      token = this.#take();
    }
  }

  #readArray(depth: number): unknown[] {
    const array: unknown[] = [];
    let token = this.#take();
    if (token === "]") return array;
    for (;;) {
      array.push(this.#readValue(token, depth + 1));
      if (!this.#takeComma("]")) return array;
      token = this.#take();
    }
  }

  #takeComma(end: string): boolean {
    const token = this.#take();
    if (token !== "," && token !== end) throw new Error("no comma");
    return token === ",";
  }
}
