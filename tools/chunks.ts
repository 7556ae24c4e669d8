/** What the build needs to know about a module of `src`. */
export interface ModuleNode {
  /** Modules that are loaded before it. */
  readonly imports: readonly string[];
  /** Modules that it may load later, by `import()`. */
  readonly lazyImports: readonly string[];
}

/**
 * Puts modules into chunks: those of one room that the same entries load, and so always together. A program loads no module that it would
 * not have loaded without chunks, and chunks import each other in no ring, as modules do not.
 *
 * @param modules by path, from `src`
 * @param entries what programs load first; what is imported lazily counts as one
 * @returns the name of each module's chunk; none for a module that nobody loads
 */
export function groupModules(modules: ReadonlyMap<string, ModuleNode>, entries: readonly string[]): ReadonlyMap<string, string> {
  const lazy = [...modules.values()].flatMap(({ lazyImports }) => lazyImports);
  const loadedBy = new Map<string, string[]>();
  for (const entry of [...new Set([...entries, ...lazy])].sort()) {
    for (const path of loadsOf(entry, modules)) loadedBy.set(path, [...(loadedBy.get(path) ?? []), entry]);
  }
  const names = new Map<string, string>();
  const counts = new Map<string, number>();
  const chunks = new Map<string, string>();
  for (const path of [...loadedBy.keys()].sort()) {
    const room = path.split("/")[0] as string;
    const key = `${room}: ${loadedBy.get(path)?.join()}`;
    if (!names.has(key)) {
      const count = (counts.get(room) ?? 0) + 1;
      counts.set(room, count);
      names.set(key, count === 1 ? room : `${room}-${count}`);
    }
    chunks.set(path, names.get(key) as string);
  }
  return chunks;
}

function loadsOf(entry: string, modules: ReadonlyMap<string, ModuleNode>): ReadonlySet<string> {
  const loaded = new Set<string>();
  const next = [entry];
  for (let path = next.pop(); path !== undefined; path = next.pop()) {
    if (loaded.has(path)) continue;
    loaded.add(path);
    next.push(...(modules.get(path)?.imports ?? []));
  }
  return loaded;
}
