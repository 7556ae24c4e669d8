import type { InvalidationTarget } from "./store-contract.ts";

/** The name of what can be invalidated. Kinds cannot be mistaken for each other. */
export function targetName(target: InvalidationTarget): string {
  switch (target.kind) {
    case "key":
      return `k:${target.namespace}:${target.id}`;
    case "tag":
      return `t:${target.tag}`;
    case "namespace":
      return `n:${target.namespace}`;
    case "all":
      return "*";
  }
}

/** What a name was made of. What is no name is everything: to forget too much harms nobody. */
export function parseTarget(name: string): InvalidationTarget {
  const rest = name.slice(2);
  if (name.startsWith("t:")) return { kind: "tag", tag: rest };
  if (name.startsWith("n:")) return { kind: "namespace", namespace: rest };
  const colon = rest.indexOf(":");
  if (name.startsWith("k:") && colon > 0) return { kind: "key", namespace: rest.slice(0, colon), id: rest.slice(colon + 1) };
  return { kind: "all" };
}
