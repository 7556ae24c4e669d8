import { type Clock, type Size, currentContext, parseSize, systemClock } from "../core/mod.ts";
import type { Logger, LogLevel, LogMethod, LogSink, LogThreshold } from "./contract.ts";
import { DebugScopes } from "./debug-scopes.ts";
import { errors } from "./errors.ts";
import { GRAVITY, checkLevel } from "./level.ts";
import { type LineBase, LineWriter } from "./line-writer.ts";
import { textOf } from "./plain.ts";
import { Redaction } from "./redaction.ts";
import { Sampler, type Sampling } from "./sampler.ts";

export interface LoggerOptions {
  /** Where lines go. */
  readonly sink: LogSink;
  /** The threshold. Default `"info"`. */
  readonly level?: LogThreshold;
  /** Fields of every line: `service`, `env`, `thread`. Default none. */
  readonly base?: object;
  /** Paths to hide in addition to the well-known names, or a {@link Redaction} to which paths can be added later. Default none. */
  readonly redact?: readonly string[] | Redaction;
  /** Requests whose lines are let through below the threshold; may be set at any time. Default none. */
  readonly scopes?: DebugScopes;
  /** `{ debug: "10/1s" }` writes at most ten debug lines of the same message a second and counts the rest. Default: every line is written. */
  readonly sampling?: Sampling;
  /** The longest line, newline included; longer values are cut and marked. At least `"1kb"`. Default `"64kb"`. */
  readonly maxLine?: Size;
  readonly clock?: Clock;
}

/** The logger of a program or thread. */
export interface RootLogger extends Logger {
  /** Reports lines that sampling left out, and flushes the sink. For the way out: may block, 2 s at most. */
  flush(): void;
}

/**
 * A logger that writes one JSON line per call to a sink. Request id and trace ids of the running request or job are on every line.
 *
 * @throws E_LOG_LEVEL_INVALID, E_LOG_LINE_LIMIT_INVALID, E_LOG_REDACT_PATH_INVALID, E_CORE_RATE_INVALID, E_CORE_SIZE_INVALID
 * @example
 * const log = createLogger({ sink: createFdSink(), base: { service: "shop" } });
 * log.info({ order: 17 }, "order paid");
 * // {"level":"info","@timestamp":"2026-11-22T08:10:28.042Z","service":"shop","order":17,"message":"order paid"}
 */
export function createLogger(options: LoggerOptions): RootLogger {
  const { sink, clock = systemClock, redact = [], scopes = new DebugScopes() } = options;
  const maxLine = parseSize(options.maxLine ?? "64kb");
  if (maxLine < 1_024) throw errors.LINE_LIMIT_INVALID({ bytes: maxLine });
  const redaction = redact instanceof Redaction ? redact : new Redaction(redact);
  const lines = new LineWriter({ sink, clock, redaction, maxLine });
  const base = lines.extend(options.base ?? {});
  const sampler =
    options.sampling === undefined
      ? undefined
      : new Sampler({
          sampling: options.sampling,
          clock,
          report: (level, message, suppressed) => lines.write(base, level, { suppressed, line: message }, "log lines suppressed"),
        });
  const logger = new StructuredLogger({ lines, base, sink, scopes, sampler }, undefined);
  logger.level = options.level ?? "info";
  return logger;
}

interface Parts {
  readonly lines: LineWriter;
  readonly base: LineBase;
  readonly sink: LogSink;
  readonly scopes: DebugScopes;
  readonly sampler: Sampler | undefined;
}

/** What {@link createLogger} returns; the access log, which writes lines itself, recognizes it by its class. */
export class StructuredLogger implements RootLogger {
  readonly parts: Parts;
  readonly #parent: StructuredLogger | undefined;
  #threshold: LogThreshold | undefined;

  // Fields, not methods, so that they may be handed around: `promise.catch(log.error)`.
  readonly trace: LogMethod = (fields: unknown, message?: unknown) => this.#log("trace", fields, message);
  readonly debug: LogMethod = (fields: unknown, message?: unknown) => this.#log("debug", fields, message);
  readonly info: LogMethod = (fields: unknown, message?: unknown) => this.#log("info", fields, message);
  readonly warn: LogMethod = (fields: unknown, message?: unknown) => this.#log("warn", fields, message);
  readonly error: LogMethod = (fields: unknown, message?: unknown) => this.#log("error", fields, message);
  readonly fatal: LogMethod = (fields: unknown, message?: unknown) => {
    this.#log("fatal", fields, message);
    this.flush();
  };

  constructor(parts: Parts, parent: StructuredLogger | undefined) {
    this.parts = parts;
    this.#parent = parent;
  }

  get level(): LogThreshold {
    return this.#threshold ?? this.#parent?.level ?? "info";
  }

  /** @throws E_LOG_LEVEL_INVALID */
  set level(level: LogThreshold) {
    this.#threshold = checkLevel(level);
  }

  isEnabled(level: LogLevel): boolean {
    if (GRAVITY[level] >= GRAVITY[this.level]) return true;
    const { scopes } = this.parts;
    return GRAVITY[level] >= scopes.floor && scopes.admits(level, currentContext());
  }

  child(fields: object): Logger {
    const { lines, base } = this.parts;
    return new StructuredLogger({ ...this.parts, base: lines.extend(fields, base) }, this);
  }

  flush(): void {
    this.parts.sampler?.flush();
    try {
      this.parts.sink.flushSync();
    } catch {
      // A sink must not throw; there is nobody left to tell.
    }
  }

  #log(level: LogLevel, fields: unknown, message: unknown): void {
    if (!this.isEnabled(level)) return;
    const { lines, base, sampler } = this.parts;
    const given = typeof fields === "object" && fields !== null ? fields : undefined;
    const said = given === undefined ? (fields ?? message) : (message ?? messageOf(given));
    const text = said === undefined ? undefined : textOf(said);
    if (sampler?.admit(level, text ?? "") === false) return;
    lines.write(base, level, given, text);
  }
}

/** An error given without a message speaks for itself. */
function messageOf(fields: object): unknown {
  try {
    const error = fields instanceof Error ? fields : (fields as { error?: unknown }).error;
    return error instanceof Error ? error.message : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Hides more fields, by the paths that {@link Redaction} takes, in lines of a logger and all its relatives from now on.
 *
 * @throws E_LOG_LOGGER_FOREIGN, E_LOG_REDACT_PATH_INVALID
 */
export function addRedaction(logger: Logger, paths: readonly string[]): void {
  if (!(logger instanceof StructuredLogger)) throw errors.LOGGER_FOREIGN({});
  logger.parts.lines.redaction.add(paths);
}
