import { type Context, formatTraceparent } from "../core/mod.ts";

/** Nothing else may get into a comment. */
const TRACEPARENT = /^[0-9a-f-]{55}$/;

/**
 * Sqlcommenter's form: the server's own logs can be joined with traces. The text differs for each request, so it cannot be prepared once and
 * used again: that is why it is an option.
 */
export function withTraceComment(sql: string, context: Context | undefined): string {
  if (context === undefined) return sql;
  const traceparent = formatTraceparent({ traceId: context.traceId, spanId: context.spanId, sampled: true });
  return TRACEPARENT.test(traceparent) ? `${sql} /*traceparent='${traceparent}'*/` : sql;
}
