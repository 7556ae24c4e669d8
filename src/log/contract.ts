/** From chattiest to gravest. `silent` as a threshold turns everything off. */
export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal";
export type LogThreshold = LogLevel | "silent";

export interface LogMethod {
  (message: string): void;
  /** Fields first, message second. An Error given as `error` is written whole, causes included. */
  (fields: object, message?: string): void;
}

/** A structured logger: one JSON line per call. No call throws or blocks; `fatal` alone waits (2 s at most) until its line is out. */
export interface Logger {
  readonly trace: LogMethod;
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
  readonly fatal: LogMethod;
  /** The threshold; assigning changes this logger and its children, those that exist too, except where a child was assigned its own. */
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
  /**
   * Several whole lines at once, in UTF-8, the last newline included. The bytes belong to the sink from now on.
   * A sink without it gets the lines one by one.
   */
  writeChunk?(lines: Uint8Array): void;
  /** Opens its file anew, after a log rotation has moved it. A sink without a file has no such thing. */
  reopen?(): void;
  /** Everything written so far is handed on before this returns, or a bounded time has passed. For the way out only. */
  flushSync(): void;
  /** Lines dropped so far. */
  readonly dropped: number;
}

/** One request that has ended, as the access log writes it. */
export interface AccessEvent {
  readonly requestId: string;
  readonly traceId: string;
  readonly spanId?: string | undefined;
  readonly method: string;
  /** The route's template; empty when none matched. */
  readonly route: string;
  /** Without the query, which may carry secrets; a query that is there all the same is cut off. */
  readonly path: string;
  readonly status: number;
  readonly durationMs: number;
  /** Bytes of the body that were read. */
  readonly bytesIn: number;
  /** Bytes of the body that were sent. */
  readonly bytesOut: number;
  readonly address: string;
  /** Id of the principal, once identified. */
  readonly principal?: string | undefined;
  readonly userAgent?: string | undefined;
  readonly outcome: "ok" | "client_error" | "server_error" | "aborted" | "timeout" | "shed";
  /** Code of the error that was answered. */
  readonly errorCode?: string | undefined;
  /** What other rooms counted while the request lived: queries and their milliseconds, cache hits, outbound calls. */
  readonly counters?: Readonly<Record<string, number>> | undefined;
}
