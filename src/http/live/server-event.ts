import type { StandardSchemaV1 } from "@standard-schema/spec";
import { type Duration, parseDuration } from "../../core/mod.ts";
import type { Schema } from "../contract.ts";
import { errors } from "../errors.ts";
import { addFaults, isPromise, validate } from "../validation/validate.ts";

/** One server-sent event (WHATWG HTML, section 9.2). Without `data` a browser takes its `id` and `retry` and tells nobody. */
export interface ServerEvent<Data = unknown> {
  /** What the client sends back as `Last-Event-ID` when it connects again. At most 256 characters, no line ends, no controls. */
  readonly id?: string;
  /** The event's name; a browser hands on `message` without one. The same characters as in `id`. */
  readonly event?: string;
  /** With a schema, a value that it takes, sent as JSON. Without one, text is sent as it is, line by line, and any other value as JSON. */
  readonly data?: Data;
  /** How long the client waits before it connects again. */
  readonly retry?: Duration;
}

/** An event whose bytes are ready: made once, sent to many. */
export class EncodedEvent {
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }
}

/** The longest `id` and `event`, and the longest `Last-Event-ID` that is looked at. */
export const MAX_EVENT_FIELD = 256;

// Line ends and NUL would end a field or void it. The other controls and the line ends of Unicode are refused with them: some clients
// cut lines there too (lesson: CVE-2026-35515).
const FIELD: RegExp = /^[^\p{Cc}\u2028\u2029]*$/u;
const LINE_END = /\r\n|\r|\n/;
/** Line ends of Unicode that JSON leaves as they are. */
const UNICODE_LINE_END = /[\u0085\u2028\u2029]/g;

/** Whether a text may be an event's `id` or name. */
export function isEventField(text: unknown): text is string {
  return typeof text === "string" && text.length <= MAX_EVENT_FIELD && FIELD.test(text);
}

/**
 * An event as it is sent. No value can begin another field or another event.
 *
 * @throws E_HTTP_EVENT_INVALID, E_CORE_DURATION_INVALID
 */
export function encodeEvent(event: ServerEvent, data: string | undefined): string {
  let text = "";
  if (event.id !== undefined) text += `id: ${checkedField("id", event.id)}\n`;
  if (event.event !== undefined) text += `event: ${checkedField("event", event.event)}\n`;
  if (event.retry !== undefined) text += `retry: ${parseDuration(event.retry)}\n`;
  if (data !== undefined) text += dataLines(data);
  return `${text}\n`;
}

function checkedField(field: string, value: unknown): string {
  if (isEventField(value)) return value;
  throw errors.EVENT_INVALID({
    reason: `its ${field} is longer than ${MAX_EVENT_FIELD} characters or has a line end or a control in it`,
  });
}

function dataLines(data: string): string {
  // perf: JSON, and most text, is one line.
  if (!data.includes("\n") && !data.includes("\r")) return `data: ${data}\n`;
  return data
    .split(LINE_END)
    .map((line) => `data: ${line}\n`)
    .join("");
}

/** Encodes events whose data fits a schema. */
export function compileEvents(schema: Schema | undefined): (event: ServerEvent) => string | Promise<string> {
  if (schema === undefined) {
    return (event) => encodeEvent(event, typeof event.data === "string" ? event.data : toJson(event.data));
  }
  return (event) => {
    if (event.data === undefined) return encodeEvent(event, undefined);
    const result = validate(schema, event.data);
    if (isPromise(result)) return Promise.resolve(result).then((later) => encodeEvent(event, toJson(fitting(later))));
    return encodeEvent(event, toJson(fitting(result)));
  };
}

/**
 * The value that a schema made of an event's data.
 *
 * @throws E_HTTP_EVENT_INVALID
 */
export function fitting(result: StandardSchemaV1.Result<unknown>): unknown {
  if (result.issues === undefined) return result.value;
  const faults: Parameters<typeof addFaults>[0] = [];
  addFaults(faults, "event", result.issues);
  throw errors.EVENT_INVALID({ reason: "its data does not fit the schema" }, { faults });
}

/** JSON in one line, also for clients that cut lines where Unicode does. */
export function toJson(value: unknown): string | undefined {
  return (JSON.stringify(value) as string | undefined)?.replace(UNICODE_LINE_END, escapeCharacter);
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
