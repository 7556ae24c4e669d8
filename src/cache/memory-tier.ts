import { LRUCache } from "lru-cache";
import type { Entry } from "./entry.ts";

/** Bytes that an entry takes beside its value, its key and its tags: measured with small objects on Node 26. */
const OVERHEAD = 400;

/** Values of one namespace in this thread, least recently used first out. */
export class NamespaceMemory {
  readonly lru: LRUCache<string, Entry>;
  readonly #tier: MemoryTier;

  constructor(tier: MemoryTier, maxBytes: number) {
    this.#tier = tier;
    this.lru = new LRUCache<string, Entry>({ maxSize: maxBytes });
  }

  get bytes(): number {
    return this.lru.calculatedSize;
  }

  get entries(): number {
    return this.lru.size;
  }

  set(id: string, entry: Entry): void {
    this.lru.set(id, entry, { size: sizeOf(id, entry) });
    this.#tier.trim();
  }
}

/**
 * The memory of a thread: a bound of bytes and one of entries over all its namespaces. When it is full, the namespace that takes most gives
 * way, so that one that runs wild costs the others nothing.
 */
export class MemoryTier {
  readonly #maxBytes: number;
  readonly #maxEntries: number;
  readonly #namespaces: NamespaceMemory[] = [];

  constructor(maxBytes: number, maxEntries: number) {
    this.#maxBytes = maxBytes;
    this.#maxEntries = maxEntries;
  }

  open(): NamespaceMemory {
    const memory = new NamespaceMemory(this, this.#maxBytes);
    this.#namespaces.push(memory);
    return memory;
  }

  trim(): void {
    while (this.#total("bytes") > this.#maxBytes) this.#largest("bytes").lru.pop();
    while (this.#total("entries") > this.#maxEntries) this.#largest("entries").lru.pop();
  }

  #total(what: "bytes" | "entries"): number {
    let total = 0;
    for (const memory of this.#namespaces) total += memory[what];
    return total;
  }

  #largest(what: "bytes" | "entries"): NamespaceMemory {
    return this.#namespaces.reduce((one, other) => (other[what] > one[what] ? other : one));
  }
}

/** What an entry counts for: its encoded value, its key (two bytes a character), its tags, and a fixed part. */
export function sizeOf(id: string, entry: Entry): number {
  let size = OVERHEAD + entry.length + id.length * 2;
  for (const tag of entry.tags) size += tag.length * 2;
  return size;
}
