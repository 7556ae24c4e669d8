import { PlinthError, type ServiceActions, isPlinthError, optionalText, requiredText } from "../core/mod.ts";
import type { CacheExplanation, CacheKey, CacheStats, NamespaceStats, ProcessStats } from "./contract.ts";
import { errors } from "./errors.ts";

/** What actions act on. */
export interface ActionTarget {
  explain(namespace: string, key: CacheKey): Promise<CacheExplanation>;
  clear(namespace?: string): Promise<void>;
  invalidateTags(tags: readonly string[]): Promise<void>;
  /** How many invalidations of this thread the store has not been told yet. */
  unsent(): number;
  /** Of each thread of the process. */
  gatherStats(): Promise<readonly CacheStats[]>;
}

/** What operators may do by `plinth cache <name>`. */
export function createActions(cache: ActionTarget): ServiceActions {
  return {
    explain: {
      summary: "Where a value is, how old, and who makes it",
      run: async (input) => {
        try {
          return await cache.explain(requiredText(input, "namespace"), toKey(requiredText(input, "key")));
        } catch (thrown) {
          throw forOperator(thrown);
        }
      },
    },
    clear: {
      summary: "Forgets a namespace, what carries a tag, both, or everything",
      run: async (input) => {
        const tag = optionalText(input, "tag");
        const namespace = optionalText(input, "namespace");
        if (tag !== undefined) await cache.invalidateTags([tag]);
        if (namespace !== undefined || tag === undefined) await cache.clear(namespace);
        const parts = [namespace === undefined ? [] : `namespace ${namespace}`, tag === undefined ? [] : `tag ${tag}`].flat();
        return { cleared: parts.length === 0 ? ["everything"] : parts, unsent: cache.unsent() };
      },
    },
    stats: {
      summary: "What the threads of this process counted since they started",
      run: async (): Promise<ProcessStats> => sum(await cache.gatherStats()),
    },
  };
}

/** A bad key is a mistake of the program where it gives one, and of the operator here. */
function forOperator(thrown: unknown): unknown {
  if (!isPlinthError(thrown, errors.KEY_INVALID.code)) return thrown;
  const { code, title, message } = thrown;
  return new PlinthError({ code, title, message, status: 400, cause: thrown });
}

/** Keys of parts are written as JSON on a command line. */
function toKey(text: string): CacheKey {
  if (!text.startsWith("[")) return text;
  try {
    return JSON.parse(text) as CacheKey;
  } catch {
    return text;
  }
}

function sum(threads: readonly CacheStats[]): ProcessStats {
  const namespaces: Record<string, NamespaceStats> = {};
  for (const stats of threads)
    for (const [name, counted] of Object.entries(stats.namespaces)) namespaces[name] = add(namespaces[name], counted);
  const total = (count: (stats: CacheStats) => number): number => threads.reduce((so, stats) => so + count(stats), 0);
  return {
    threads: threads.length,
    namespaces,
    store: threads.some(({ store }) => store === "down") ? "down" : (threads[0]?.store ?? "none"),
    storeErrors: total((stats) => stats.storeErrors),
    unsent: total((stats) => stats.unsent),
  };
}

function add(one: NamespaceStats | undefined, other: NamespaceStats): NamespaceStats {
  if (one === undefined) return other;
  const entries = Object.entries(other).map(([name, count]) => [name, count + one[name as keyof NamespaceStats]]);
  return Object.fromEntries(entries) as { [Name in keyof NamespaceStats]: number };
}
