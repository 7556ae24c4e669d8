/** From chattiest to gravest. `silent` as a threshold turns everything off. */
export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal";
export type LogThreshold = LogLevel | "silent";

export interface LogMethod {
  (message: string): void;
  /** Fields first, message second. An Error given as `error` is written whole, causes included. */
  (fields: object, message?: string): void;
}

/** A structured logger: one JSON line per call. */
export interface Logger {
  readonly trace: LogMethod;
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
  readonly fatal: LogMethod;
  /** The threshold; assigning changes this logger and its future children. */
  level: LogThreshold;
  isEnabled(level: LogLevel): boolean;
  /** A logger that adds these fields to every line; they are serialized once, now. */
  child(fields: object): Logger;
}

/**
 * Where finished lines go. `write` never blocks an event loop and never throws; a sink that cannot keep up drops lines and counts them.
 */
export interface LogSink {
  /** @param line one line, newline included */
  write(line: string): void;
  /** Everything written so far is handed on before this returns, or a bounded time has passed. For the way out only. */
  flushSync(): void;
  /** Lines dropped so far. */
  readonly dropped: number;
}
