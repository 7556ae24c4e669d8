import { isUtf8 } from "node:buffer";
import { parseMediaType } from "../../security/mod.ts";
import type { BodyType } from "../contract.ts";
import { errors } from "../errors.ts";
import { FieldsFault, parseFields } from "../validation/form.ts";
import { parseJson } from "../validation/json.ts";
import type { WholeBody } from "../pipeline/exchange.ts";

/** Charsets in which UTF-8 is all that is needed to read a text. */
const UTF8_CHARSETS: ReadonlySet<string> = new Set(["utf-8", "utf8", "us-ascii"]);

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  json: "application/json",
  form: "application/x-www-form-urlencoded",
  text: "text/plain",
  bytes: "application/octet-stream",
};

/** The media type of one way to send a body. */
export function mediaTypeOf(type: BodyType): string {
  return MEDIA_TYPES[type] ?? type.toLowerCase();
}

/** Tells by a request's Content-Type how its body is read. */
export class WholeBodyReaders {
  readonly #byType = new Map<string, WholeBody>();
  readonly #accepted: readonly string[];
  readonly #json: WholeBody | undefined;

  constructor(accepts: readonly BodyType[], limit: number) {
    this.#accepted = accepts.map(mediaTypeOf);
    for (const type of this.#accepted) this.#byType.set(type, { limit, parse: parserOf(type) });
    this.#json = this.#byType.get("application/json");
  }

  /** @throws E_HTTP_BODY_TYPE_UNSUPPORTED, E_HTTP_BODY_CHARSET_UNSUPPORTED */
  find(contentType: string | undefined): WholeBody {
    // perf: the one spelling that nearly every client sends needs no parsing.
    if (contentType === "application/json" && this.#json !== undefined) return this.#json;
    const media = contentType === undefined ? undefined : parseMediaType(contentType);
    const found =
      media === undefined ? undefined : (this.#byType.get(media.type) ?? (media.type.endsWith("+json") ? this.#json : undefined));
    if (found === undefined) throw errors.BODY_TYPE_UNSUPPORTED({ accepted: this.#accepted });
    if (found.parse !== keepBytes) checkCharset(media?.charset);
    return found;
  }
}

/** @throws E_HTTP_BODY_CHARSET_UNSUPPORTED for a text in anything but UTF-8 or what is a part of it */
export function checkCharset(charset: string | undefined): void {
  if (charset !== undefined && !UTF8_CHARSETS.has(charset)) throw errors.BODY_CHARSET_UNSUPPORTED({ charset });
}

function parserOf(type: string): (bytes: Buffer) => unknown {
  if (type === MEDIA_TYPES["json"] || type.endsWith("+json")) return parseJson;
  if (type === MEDIA_TYPES["form"]) return parseForm;
  return type.startsWith("text/") ? parseText : keepBytes;
}

function keepBytes(bytes: Buffer): Buffer {
  return bytes;
}

function parseText(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw errors.BODY_MALFORMED({ reason: "The body is not valid UTF-8." });
  return bytes.toString("utf8");
}

function parseForm(bytes: Buffer): unknown {
  const fields = parseFields(parseText(bytes));
  if (fields instanceof FieldsFault) throw errors.BODY_MALFORMED({ reason: `The form has ${fields.reason}.` });
  return fields;
}
