import type { LogSink } from "./contract.ts";

/** A sink that keeps what it gets. For tests. */
export interface MemorySink extends LogSink {
  /** Lines as written, newline included. */
  readonly lines: readonly string[];
  /** The lines parsed. */
  entries(): readonly Readonly<Record<string, unknown>>[];
  clear(): void;
}

/**
 * @example
 * const sink = createMemorySink();
 * createLogger({ sink }).info("hello");
 * sink.entries()[0]?.["message"]; // "hello"
 */
export function createMemorySink(): MemorySink {
  const lines: string[] = [];
  return {
    lines,
    dropped: 0,
    write(line: string): void {
      lines.push(line);
    },
    flushSync(): void {},
    entries: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
    clear(): void {
      lines.length = 0;
    },
  };
}
