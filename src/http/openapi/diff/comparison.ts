import type { ChangeSink } from "./change.ts";
import type { Resolve } from "./schema-facts.ts";

/** What is compared and where it stands. */
export interface Comparison {
  /** A request may come to allow more, an answer may come to allow less: the other way round breaks callers. */
  readonly direction: "request" | "answer";
  /** Names the value in sentences: `the body's "name"`. */
  readonly place: string;
  readonly sink: ChangeSink;
  /** Follow references, each in its document. */
  readonly before: Resolve;
  readonly after: Resolve;
  /** Pairs of references that are being compared, for schemas that contain themselves. */
  readonly seen: ReadonlySet<string>;
}

/** Says that the values allowed became fewer or more. */
export function report({ direction, sink, place }: Comparison, change: "narrower" | "wider", text: string): void {
  const breaks = (change === "narrower") === (direction === "request");
  sink[breaks ? "breaking" : "harmless"](`${place} ${text}`);
}
