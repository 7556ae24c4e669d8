import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { type ModuleNode, groupModules } from "../../tools/chunks.ts";

const node = (imports: readonly string[] = [], lazyImports: readonly string[] = []): ModuleNode => ({ imports, lazyImports });

describe("chunks of the build", () => {
  test("hold modules of one room that are always loaded together", () => {
    const chunks = groupModules(
      new Map([
        ["http/mod.ts", node(["http/route.ts", "core/mod.ts"])],
        ["http/route.ts", node(["core/error.ts"])],
        ["core/mod.ts", node(["core/error.ts", "core/clock.ts"])],
        ["core/error.ts", node()],
        ["core/clock.ts", node()],
        ["core/unused.ts", node()],
      ]),
      ["http/mod.ts", "core/mod.ts"],
    );
    assert.deepEqual(Object.fromEntries(chunks), {
      "core/clock.ts": "core",
      "core/error.ts": "core",
      "core/mod.ts": "core",
      "http/mod.ts": "http",
      "http/route.ts": "http",
    });
  });

  test("keep apart what is loaded later, and what is loaded without the rest of its room", () => {
    const chunks = groupModules(
      new Map([
        ["db/mod.ts", node(["db/query.ts", "db/scope.ts"], ["db/driver.ts"])],
        ["db/query.ts", node(["db/scope.ts"])],
        ["db/scope.ts", node()],
        ["db/driver.ts", node(["db/query.ts"])],
        ["cache/mod.ts", node(["db/scope.ts"])],
      ]),
      ["db/mod.ts", "cache/mod.ts"],
    );
    const of = (path: string): string | undefined => chunks.get(path);
    assert.equal(new Set(["db/mod.ts", "db/query.ts", "db/scope.ts", "db/driver.ts"].map(of)).size, 4);
  });

  test("load nothing that modules would not have loaded, and import each other in no ring", () => {
    const edges = fc.array(fc.tuple(fc.nat(11), fc.nat(11), fc.boolean()), { maxLength: 40 });
    fc.assert(
      fc.property(edges, fc.array(fc.nat(11), { minLength: 1, maxLength: 4 }), (pairs, entries) => {
        const path = (index: number): string => `room/${String(index).padStart(2, "0")}.ts`;
        const all = Array.from({ length: 12 }, (_, index) => index);
        const later = (from: number, isLazy: boolean): string[] =>
          // Only towards higher numbers: modules import each other in no ring.
          pairs.filter(([one, other, lazy]) => one === from && other > one && lazy === isLazy).map(([, other]) => path(other));
        const modules = new Map(all.map((index) => [path(index), node(later(index, false), later(index, true))]));
        const chunks = groupModules(modules, entries.map(path));
        const chunkImports = (chunk: string | undefined): Set<string | undefined> =>
          new Set(
            all
              .map(path)
              .filter((one) => chunks.get(one) === chunk)
              .flatMap((one) => modules.get(one)?.imports ?? [])
              .map((one) => chunks.get(one)),
          );
        for (const entry of entries.map(path)) {
          const loaded = closure([entry], (one) => modules.get(one)?.imports ?? []);
          const loadedChunks = closure([chunks.get(entry)], chunkImports);
          for (const [one, chunk] of chunks) if (loadedChunks.has(chunk)) assert.ok(loaded.has(one), `${entry} loads ${one}`);
        }
        for (const chunk of new Set(chunks.values())) {
          const beyond = [...chunkImports(chunk)].filter((other) => other !== chunk);
          assert.ok(!closure(beyond, (one) => [...chunkImports(one)].filter((other) => other !== one)).has(chunk), "a ring");
        }
      }),
    );
  });
});

function closure<T>(from: readonly T[], next: (one: T) => Iterable<T>): Set<T> {
  const found = new Set<T>();
  const open = [...from];
  for (let one = open.pop(); one !== undefined || open.length > 0; one = open.pop()) {
    if (one === undefined || found.has(one)) continue;
    found.add(one);
    open.push(...next(one));
  }
  return found;
}
