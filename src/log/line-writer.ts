import { type Logger as PinoLogger, pino } from "pino";
import { type Clock, currentContext } from "../core/mod.ts";
import type { LogLevel, LogSink } from "./contract.ts";
import { type Fields, copyFields, cutText } from "./plain.ts";
import type { Redaction } from "./redaction.ts";
import { createTimestamp } from "./timestamp.ts";

/** What a logger adds to each of its lines: the fields, and the same as JSON members with a comma before each. */
export interface LineBase {
  readonly fields: Fields;
  readonly members: string;
}

export interface LineWriterOptions {
  readonly sink: LogSink;
  readonly clock: Clock;
  readonly redaction: Redaction;
  /** In bytes. */
  readonly maxLine: number;
}

const NOTHING: LineBase = Object.freeze({ fields: Object.freeze(Object.create(null)) as Fields, members: "" });

/** A character takes at most this many bytes in a line: six as `\u0000`, three in UTF-8. */
const MAX_BYTES_PER_CHARACTER = 6;

/** Makes lines out of levels, fields and messages, and hands them to the sink. Shared by a logger and all its children. */
export class LineWriter {
  /** The current time as the field `@timestamp` writes it. */
  readonly timestamp: () => string;
  readonly redaction: Redaction;
  readonly #sink: LogSink;
  readonly #maxLine: number;
  readonly #pino: PinoLogger;
  // pino takes members and fields from callbacks and gives the line to a stream; all of it inside one synchronous call.
  #members = "";
  #fields: Fields = {};
  #line = "";

  constructor(options: LineWriterOptions) {
    this.#sink = options.sink;
    this.#maxLine = options.maxLine;
    this.redaction = options.redaction;
    this.timestamp = createTimestamp(options.clock);
    const stream = {
      write: (line: string): void => {
        this.#line = line;
      },
    };
    this.#pino = pino(
      {
        level: "trace", // thresholds are ours
        base: null,
        messageKey: "message",
        errorKey: "error",
        serializers: { err: (value: unknown) => value }, // errors are serialized already
        formatters: { level: (level: string) => ({ level }) },
        // Children are not pino's: there a child's field and the line's field of the same name would both be written.
        timestamp: () => `,"@timestamp":"${this.timestamp()}"${this.#members}`,
        // Fields given to pino's methods directly would be taken for an HTTP request if they look like one.
        mixin: () => this.#fields,
      },
      stream,
    );
  }

  /** The base of a child, or of the first logger when there is no parent. */
  extend(fields: object, parent: LineBase = NOTHING): LineBase {
    const all = Object.assign(Object.create(null) as Fields, parent.fields);
    copyFields(all, fields, this.redaction, this.#maxLine >> 3);
    return { fields: all, members: formatMembers(all) };
  }

  /** Never throws. */
  write(base: LineBase, level: LogLevel, fields: object | undefined, message: string | undefined): void {
    try {
      this.emit(this.#compose(base, level, fields, message));
    } catch {
      // A stack about to overflow, or memory about to end: the caller's work is worth more than this line.
    }
  }

  /** Hands a finished line to the sink, which may be anybody's. */
  emit(line: string): void {
    try {
      this.#sink.write(line);
    } catch {
      // A sink must not throw; one that does has lost the line.
    }
  }

  #compose(base: LineBase, level: LogLevel, fields: object | undefined, message: string | undefined): string {
    const whole = this.#format(base, level, this.#collect(base, fields, this.#maxLine), cut(message, this.#maxLine >> 1));
    if (this.#fits(whole)) return whole;
    // So short that it fits whatever its characters are, unless the base's own fields are in the way.
    const room = Math.floor(this.#maxLine / MAX_BYTES_PER_CHARACTER) >> 1;
    const short = this.#format(base, level, this.#collect(base, fields, room), cut(message, room >> 1));
    if (this.#fits(short)) return short;
    return this.#format(NOTHING, level, { truncated: true }, cut(message, room));
  }

  /** The fields of one line: whose request it belongs to, then what the caller gave. */
  #collect(base: LineBase, fields: object | undefined, budget: number): Fields {
    const collected: Fields = {};
    const context = currentContext();
    if (context !== undefined) {
      if (!("requestId" in base.fields)) collected["requestId"] = context.id;
      if (!("trace_id" in base.fields)) collected["trace_id"] = context.traceId;
      if (!("span_id" in base.fields)) collected["span_id"] = context.spanId;
    }
    if (fields !== undefined) copyFields(collected, fields, this.redaction, budget);
    return collected;
  }

  #format(base: LineBase, level: LogLevel, fields: Fields, message: string | undefined): string {
    let overlaps = false;
    for (const key in fields) if (key in base.fields) overlaps = true;
    this.#fields = overlaps ? Object.assign(Object.create(null) as Fields, base.fields, fields) : fields;
    this.#members = overlaps ? "" : base.members;
    if (message === undefined) this.#pino[level]({});
    else this.#pino[level](message);
    return this.#line;
  }

  #fits(line: string): boolean {
    return line.length * 3 <= this.#maxLine || Buffer.byteLength(line) <= this.#maxLine;
  }
}

/** Fields as JSON members, each with a comma before it. */
export function formatMembers(fields: Fields): string {
  const json = JSON.stringify(fields);
  return json === "{}" ? "" : `,${json.slice(1, -1)}`;
}

function cut(message: string | undefined, length: number): string | undefined {
  return message === undefined ? undefined : cutText(message, length);
}
