import { isPlinthError } from "../core/mod.ts";
import type { Route, Schema } from "../http/mod.ts";
import { type Logger, addRedaction, errors, hasSensitiveMarks, sensitivePaths } from "../log/mod.ts";

/**
 * Keeps what the schemas of routes mark as `sensitive` out of the log. Costs nothing where nothing is marked.
 *
 * @throws E_LOG_SENSITIVE_UNNAMED for a mark that no field name stands for: better no start than a secret in the log
 */
export function hideSensitive(routes: readonly Route[], log: Logger): void {
  if (!hasSensitiveMarks()) return;
  const schemas = new Set(routes.flatMap(schemasOf));
  for (const schema of schemas) {
    try {
      addRedaction(log, sensitivePaths(schema));
    } catch (thrown) {
      if (!isPlinthError(thrown, errors.SENSITIVE_UNREADABLE.code)) throw thrown;
      log.warn({ error: thrown }, "what a route's schema marks as sensitive may be logged");
    }
  }
}

function schemasOf({ contract }: Route): readonly Schema[] {
  const { params, query, headers, body, reply } = contract;
  const replies = reply === undefined || isSchema(reply) ? [reply] : Object.values(reply);
  return [params, query, headers, body, ...replies].filter(isSchema);
}

function isSchema(value: unknown): value is Schema {
  return ((typeof value === "object" && value !== null) || typeof value === "function") && "~standard" in value;
}
