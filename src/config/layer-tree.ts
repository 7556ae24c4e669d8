import type { Fault } from "../core/mod.ts";
import type { Candidate, ConfigKey, ConfigSchema, Layer, ParsedFile, SettingTree } from "./contract.ts";
import { isSetting } from "./define-config.ts";
import { findForbiddenKey } from "./forbidden-key.ts";
import { pointerOf } from "./pointer.ts";
import { positionOf } from "./position.ts";
import { describeUnknown } from "./unknown-key.ts";

/** After so many unknown keys a file is not this program's: more would only be noise. */
const MOST_FAULTS = 20;

export interface TreeOptions {
  readonly schema: ConfigSchema;
  readonly source: string;
  readonly text: string;
  readonly parsed: Extract<ParsedFile, { root: unknown }>;
}

/** What a parsed file offers: a candidate for each setting that it names, a fault for each key that it should not have. */
export function layerOfTree(options: TreeOptions): Layer {
  const { root } = options.parsed;
  if (root === null) return { candidates: [], faults: [] }; // an empty file
  const forbidden = findForbiddenKey(root);
  const faults: Fault[] = [];
  const candidates: Candidate[] = [];
  if (forbidden !== undefined) faults.push({ in: options.source, pointer: "", detail: `${forbidden} is never allowed` });
  else new TreeWalk(options, candidates, faults).visit(root, options.schema.tree as SettingTree, []);
  return { candidates, faults };
}

class TreeWalk {
  readonly #options: TreeOptions;
  readonly #candidates: Candidate[];
  readonly #faults: Fault[];
  readonly #keys: ReadonlyMap<string, ConfigKey>;

  constructor(options: TreeOptions, candidates: Candidate[], faults: Fault[]) {
    this.#options = options;
    this.#candidates = candidates;
    this.#faults = faults;
    this.#keys = new Map(options.schema.keys.map((key) => [key.name, key]));
  }

  visit(value: unknown, tree: SettingTree, parents: readonly string[]): void {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      this.#fault(parents, "expected a group of settings");
      return;
    }
    for (const [name, inner] of Object.entries(value)) {
      if (this.#faults.length >= MOST_FAULTS) return;
      const path = [...parents, name];
      const node = Object.hasOwn(tree, name) ? tree[name] : undefined;
      if (node === undefined) this.#unknown(path);
      else if (isSetting(node)) this.#offer(path, inner);
      else this.visit(inner, node, path);
    }
  }

  #offer(path: readonly string[], input: unknown): void {
    const key = this.#keys.get(path.join(".")) as ConfigKey;
    this.#candidates.push({ key, input, form: "typed", source: this.#sourceOf(path) });
  }

  #unknown(path: readonly string[]): void {
    const { pointerPath, detail } = describeUnknown(this.#options.schema, path);
    this.#faults.push({ in: this.#sourceOf(path), pointer: pointerOf(pointerPath), detail });
  }

  #fault(path: readonly string[], detail: string): void {
    this.#faults.push({ in: this.#sourceOf(path), pointer: pointerOf(path), detail });
  }

  #sourceOf(path: readonly string[]): string {
    const { source, text, parsed } = this.#options;
    const offset = parsed.offsetOf(path);
    return offset === undefined ? source : `${source}:${positionOf(text, offset).line}`;
  }
}
