const FORBIDDEN: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);
const DEEPEST = 32;

/**
 * What makes a parsed tree unfit to be handed on: a key that reaches for a prototype, or nesting deeper than 32 levels.
 * Trees may share branches and contain themselves (YAML aliases): each branch is looked at once per depth at most.
 */
export function findForbiddenKey(root: unknown): string | undefined {
  const seen = new Set<object>();
  const visit = (value: unknown, depth: number): string | undefined => {
    if (typeof value !== "object" || value === null || seen.has(value)) return undefined;
    if (depth > DEEPEST) return `nesting deeper than ${DEEPEST} levels`;
    seen.add(value);
    for (const [key, inner] of Object.entries(value)) {
      const found = FORBIDDEN.has(key) ? `the key "${key}"` : visit(inner, depth + 1);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return visit(root, 1);
}
