import { errors } from "../errors.ts";
import { type PartHead, parsePartHead } from "./part-head.ts";
import type { PartLimits } from "./settings.ts";

const EMPTY = Buffer.alloc(0);
const CRLF = "\r\n";
const HEADERS_END = "\r\n\r\n";
const CR = 0x0d;

/**
 * Reads `multipart/form-data` (RFC 2046 section 5.1, RFC 7578) by being pulled: the next part, or the next bytes of the part under way.
 * It holds one chunk of the source and the beginning of a boundary, and asks for more only when it is asked. Nothing stands before the
 * first boundary or behind the last but a line end: what one reader skips and another does not is how bodies get past filters.
 */
export class MultipartReader {
  readonly #source: AsyncIterator<Uint8Array>;
  /** A boundary with what comes before it. */
  readonly #delimiter: Buffer;
  readonly #limits: PartLimits;
  #buffer: Buffer = EMPTY;
  #at = 0;
  #parts = 0;
  #state: "before" | "part" | "between" | "over" = "before";

  constructor(source: AsyncIterator<Uint8Array>, boundary: string, limits: PartLimits) {
    this.#source = source;
    this.#delimiter = Buffer.from(`${CRLF}--${boundary}`, "latin1");
    this.#limits = limits;
  }

  /**
   * The head of the next part, or null behind the last. Skips what was not read of the part before.
   *
   * @throws E_HTTP_BODY_MALFORMED, E_HTTP_MULTIPART_LIMIT_EXCEEDED, what a part's head is refused with, and what the source throws
   */
  async next(): Promise<PartHead | null> {
    if (this.#state === "over") return null;
    if (this.#state === "before") await this.#open();
    while (this.#state === "part") await this.read();
    if (!(await this.#startsPart())) {
      this.#state = "over";
      return null;
    }
    const limit = this.#limits.parts;
    if (++this.#parts > limit) throw errors.MULTIPART_LIMIT_EXCEEDED({ what: "parts", limit });
    const head = parsePartHead(await this.#headers(), this.#limits);
    this.#state = "part";
    return head;
  }

  /** The next bytes of the part under way, or null behind its last. */
  async read(): Promise<Buffer | null> {
    while (this.#state === "part") {
      const found = this.#buffer.indexOf(this.#delimiter, this.#at);
      if (found === this.#at) {
        this.#at += this.#delimiter.length;
        this.#state = "between";
        return null;
      }
      const end = found === -1 ? this.#certainEnd() : found;
      if (end > this.#at) {
        const chunk = this.#buffer.subarray(this.#at, end);
        this.#at = end;
        return chunk;
      }
      await this.#more();
    }
    return null;
  }

  /** Where the bytes end that cannot belong to a boundary of which only the beginning has come. */
  #certainEnd(): number {
    const { length } = this.#buffer;
    const start = this.#buffer.indexOf(CR, Math.max(this.#at, length - this.#delimiter.length + 1));
    return start === -1 ? length : start;
  }

  /** Takes the first boundary. A line end before it is none of its own: some clients send one. */
  async #open(): Promise<void> {
    const bare = this.#delimiter.subarray(CRLF.length);
    await this.#need(bare.length);
    if (this.#startsWith(bare)) {
      this.#at += bare.length;
      return;
    }
    await this.#need(this.#delimiter.length);
    if (!this.#startsWith(this.#delimiter)) throw malformed("does not begin with its boundary");
    this.#at += this.#delimiter.length;
  }

  /** Whether a part follows the boundary that was just taken. */
  async #startsPart(): Promise<boolean> {
    await this.#need(2);
    const line = this.#buffer.toString("latin1", this.#at, this.#at + 2);
    this.#at += 2;
    if (line === CRLF) return true;
    if (line !== "--") throw malformed("has more on the line of a boundary");
    // Read to the end: only there is it known that nothing follows, and the connection can go on.
    while ((await this.#append()) && this.#buffer.length - this.#at <= CRLF.length);
    const rest = this.#buffer.toString("latin1", this.#at);
    if (rest !== "" && rest !== CRLF) throw malformed("has more behind its last boundary");
    return false;
  }

  /** The header block of a part, without its end. */
  async #headers(): Promise<Buffer> {
    await this.#need(2);
    if (this.#buffer.toString("latin1", this.#at, this.#at + 2) === CRLF) throw malformed("has a part without header fields");
    const limit = this.#limits.headerBytes;
    let searched = 0;
    for (;;) {
      const end = this.#buffer.indexOf(HEADERS_END, this.#at + searched, "latin1");
      const length = (end === -1 ? this.#buffer.length : end) - this.#at;
      if (length > limit) throw errors.MULTIPART_LIMIT_EXCEEDED({ what: "bytes of header fields in a part", limit });
      if (end !== -1) {
        const block = this.#buffer.subarray(this.#at, end);
        this.#at = end + HEADERS_END.length;
        return block;
      }
      searched = Math.max(0, length - HEADERS_END.length + 1);
      await this.#more();
    }
  }

  #startsWith(bytes: Buffer): boolean {
    return this.#buffer.compare(bytes, 0, bytes.length, this.#at, this.#at + bytes.length) === 0;
  }

  async #need(count: number): Promise<void> {
    while (this.#buffer.length - this.#at < count) await this.#more();
  }

  async #more(): Promise<void> {
    if (!(await this.#append())) throw malformed("ends before its last boundary");
  }

  async #append(): Promise<boolean> {
    const { done, value } = await this.#source.next();
    if (done === true) return false;
    const rest = this.#buffer.subarray(this.#at);
    this.#buffer =
      rest.length === 0 ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : Buffer.concat([rest, value]);
    this.#at = 0;
    return true;
  }
}

function malformed(what: string): Error {
  return errors.BODY_MALFORMED({ reason: `The multipart body ${what}.` });
}
