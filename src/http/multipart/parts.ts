import { isUtf8 } from "node:buffer";
import { SNIFF_BYTES, sniffMediaType } from "../../security/mod.ts";
import { ByteCollector } from "../body/byte-collector.ts";
import { errors } from "../errors.ts";
import { keepError } from "../pipeline/body-stream.ts";
import type { FormField, FormFile, FormPart, PartStream } from "./declaration.ts";
import { cleanFilename } from "./filename.ts";
import type { PartHead } from "./part-head.ts";
import { MultipartReader } from "./reader.ts";
import type { FileSettings, PartSettings } from "./settings.ts";

/** A file that may come under any name: any type, as large as the body may be. */
const ANY_FILE: FileSettings = { types: ["*"], maxBytes: Infinity, maxCount: Infinity };

/** Reads the parts of a body, each held to the route's rules before it is handed over. */
export function readParts(body: AsyncIterable<Uint8Array>, boundary: string, settings: PartSettings): PartStream {
  return keepError(new PartSequence(body[Symbol.asyncIterator](), boundary, settings).parts());
}

const NOTHING = Buffer.alloc(0);

class PartSequence {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #reader: MultipartReader;
  readonly #settings: PartSettings;
  readonly #counts = new Map<string, number>();
  #fields = 0;
  #files = 0;
  /** Numbers the part under way, so that the stream of an earlier one knows that its time is over. */
  #turn = 0;

  constructor(source: AsyncIterator<Uint8Array>, boundary: string, settings: PartSettings) {
    this.#source = source;
    this.#reader = new MultipartReader(source, boundary, settings.limits);
    this.#settings = settings;
  }

  async *parts(): AsyncGenerator<FormPart> {
    try {
      for (let head = await this.#reader.next(); head !== null; head = await this.#reader.next()) {
        const part = head.filename === undefined ? await this.#field(head) : await this.#file(head, head.filename);
        if (part !== null) yield part;
        this.#turn++;
      }
    } finally {
      await this.#source.return?.();
    }
  }

  async #field({ name }: PartHead): Promise<FormField> {
    const { fields, fieldBytes } = this.#settings.limits;
    if (this.#settings.files?.has(name) === true) throw unexpected("files", name, "expected a file, got a field");
    if (++this.#fields > fields) throw errors.MULTIPART_LIMIT_EXCEEDED({ what: "fields", limit: fields });
    const value = new ByteCollector();
    for (let chunk = await this.#reader.read(); chunk !== null; chunk = await this.#reader.read()) {
      if (value.length + chunk.length > fieldBytes)
        throw errors.MULTIPART_LIMIT_EXCEEDED({ what: "bytes in a field", limit: fieldBytes });
      value.add(chunk);
    }
    const bytes = value.bytes();
    if (!isUtf8(bytes)) throw errors.BODY_MALFORMED({ reason: "A field of the multipart body is not valid UTF-8." });
    return { kind: "field", name, value: bytes.toString("utf8") };
  }

  /** Null for the empty part that browsers send for a file that nobody chose. */
  async #file({ name, declaredType }: PartHead, sentName: string): Promise<FormFile | null> {
    const rule = this.#settings.files === null ? ANY_FILE : this.#settings.files.get(name);
    if (rule === undefined) throw unexpected("files", name, "expected no such file");
    const head = await this.#peek(rule, name);
    if (sentName === "" && head.length === 0) return null;
    this.#count(name, rule);
    const type = sniffMediaType(head.subarray(0, SNIFF_BYTES), declaredType);
    if (!rule.types.some((one) => isOfType(type, one)))
      throw errors.FILE_TYPE_UNSUPPORTED({ name, found: type, accepted: rule.types });
    const stream = keepError(this.#stream(head, rule, { name, turn: this.#turn }));
    return { kind: "file", name, filename: cleanFilename(sentName), type, declaredType, stream };
  }

  #count(name: string, { maxCount }: FileSettings): void {
    const count = (this.#counts.get(name) ?? 0) + 1;
    if (count > maxCount) throw unexpected("files", name, `expected at most ${maxCount} file(s)`);
    const limit = this.#settings.limits.files;
    if (++this.#files > limit) throw errors.MULTIPART_LIMIT_EXCEEDED({ what: "files", limit });
    this.#counts.set(name, count);
  }

  /** As much of the part under way as tells its type. */
  async #peek(rule: FileSettings, name: string): Promise<Buffer> {
    const first = await this.#reader.read();
    if (first !== null) checkSize(first.length, rule, name);
    if (first === null || first.length >= SNIFF_BYTES) return first ?? NOTHING;
    const head = new ByteCollector();
    head.add(first);
    while (head.length < SNIFF_BYTES) {
      const chunk = await this.#reader.read();
      if (chunk === null) break;
      head.add(chunk);
      checkSize(head.length, rule, name);
    }
    return head.bytes();
  }

  async *#stream(head: Buffer, rule: FileSettings, { name, turn }: { name: string; turn: number }): AsyncGenerator<Uint8Array> {
    let size = 0;
    for (let chunk: Buffer | null = head; chunk !== null; chunk = await this.#reader.read()) {
      size += chunk.length;
      checkSize(size, rule, name);
      if (chunk.length > 0) yield chunk;
      if (turn !== this.#turn) throw new TypeError(`The file "${name}" was read after the next part was asked for.`);
    }
  }
}

function checkSize(size: number, { maxBytes }: FileSettings, name: string): void {
  if (size > maxBytes) throw errors.FILE_TOO_LARGE({ name, limit: maxBytes });
}

function isOfType(type: string, accepted: string): boolean {
  return accepted === "*" || accepted === type || (accepted.endsWith("/*") && type.startsWith(accepted.slice(0, -1)));
}

function unexpected(kind: string, name: string, detail: string): Error {
  const pointer = `/${kind}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
  return errors.REQUEST_INVALID({ faults: 1 }, { faults: [{ in: "body", pointer, detail }] });
}
