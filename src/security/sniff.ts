/** So many bytes from a file's start tell its type. */
export const SNIFF_BYTES = 512;

const BINARY = "application/octet-stream";
const TEXT = "text/plain";
const ZIP = "application/zip";

/** Bytes that stand at a place in every file of a type; `null` is any byte. */
interface Signature {
  readonly type: string;
  readonly at: number;
  readonly bytes: readonly (number | null)[];
}

/** A signature from text in which `?` is any byte and `\xNN` a byte. */
function signature(type: string, text: string, at = 0): Signature {
  return { type, at, bytes: Array.from(text, (character) => (character === "?" ? null : character.charCodeAt(0))) };
}

/** The more exact before the less. From the registrations of the types and the WHATWG MIME Sniffing Standard, section 6. */
const SIGNATURES: readonly Signature[] = [
  signature("image/png", "\x89PNG\r\n\x1a\n"),
  signature("image/jpeg", "\xff\xd8\xff"),
  signature("image/gif", "GIF87a"),
  signature("image/gif", "GIF89a"),
  signature("image/webp", "RIFF????WEBPVP"),
  signature("image/bmp", "BM????\x00\x00\x00\x00"),
  signature("image/tiff", "II*\x00"),
  signature("image/tiff", "MM\x00*"),
  signature("image/vnd.microsoft.icon", "\x00\x00\x01\x00"),
  signature("image/avif", "ftypavif", 4),
  signature("image/avif", "ftypavis", 4),
  signature("image/heic", "ftyphei", 4),
  signature("image/heic", "ftypmif1", 4),
  signature("audio/mp4", "ftypM4A", 4),
  signature("video/quicktime", "ftypqt", 4),
  signature("video/mp4", "ftyp", 4),
  signature("video/webm", "\x1aE\xdf\xa3"),
  signature("video/x-msvideo", "RIFF????AVI "),
  signature("audio/wav", "RIFF????WAVE"),
  signature("audio/ogg", "OggS\x00"),
  signature("audio/flac", "fLaC"),
  signature("audio/mpeg", "ID3"),
  signature("audio/mpeg", "\xff\xfb"),
  signature("application/pdf", "%PDF-"),
  signature("application/gzip", "\x1f\x8b\x08"),
  signature("application/zstd", "\x28\xb5\x2f\xfd"),
  signature("application/x-bzip2", "BZh"),
  signature("application/x-xz", "\xfd7zXZ\x00"),
  signature("application/x-7z-compressed", "7z\xbc\xaf\x27\x1c"),
  signature("application/vnd.rar", "Rar!\x1a\x07"),
  signature("application/x-tar", "ustar", 257),
  signature(ZIP, "PK\x03\x04"),
  signature(ZIP, "PK\x05\x06"),
  signature("application/wasm", "\x00asm"),
  signature("application/vnd.sqlite3", "SQLite format 3\x00"),
  signature("font/woff2", "wOF2"),
  signature("font/woff", "wOFF"),
  signature("application/x-elf", "\x7fELF"),
  signature("application/vnd.microsoft.portable-executable", "MZ"),
];

const RECOGNISED: ReadonlySet<string> = new Set([...SIGNATURES.map(({ type }) => type), BINARY, TEXT]);

const TEXTUAL = /^(?:text\/.+|.+\+(?:json|xml|yaml)|application\/(?:json|xml|yaml|toml|x-ndjson|javascript|sql))$/;
const ZIPPED = /^(?:.+\+zip|application\/vnd\.(?:openxmlformats-officedocument|oasis\.opendocument)\..+)$/;

/**
 * The media type of a file by its first bytes (CVE-2024-29409: what a client says of a file's type is not trusted). Text, and formats
 * that are zip archives, cannot be told apart by signatures: among those the client's word decides, and only among those.
 *
 * @param head the first {@link SNIFF_BYTES} bytes, or the whole of a smaller file
 * @param declared what the client says, in lower case and without parameters
 * @returns `application/octet-stream` for what it does not know
 * @example
 * sniffMediaType(Buffer.from("%PDF-1.7"), "image/png"); // "application/pdf"
 */
export function sniffMediaType(head: Uint8Array, declared = ""): string {
  const found = SIGNATURES.find((one) => matches(one, head))?.type ?? (isText(head) ? TEXT : BINARY);
  const family = found === TEXT ? TEXTUAL : found === ZIP ? ZIPPED : null;
  return family?.test(declared) === true ? declared : found;
}

/** Whether {@link sniffMediaType} can ever say this type. */
export function isSniffable(type: string): boolean {
  return RECOGNISED.has(type) || TEXTUAL.test(type) || ZIPPED.test(type);
}

function matches({ at, bytes }: Signature, head: Uint8Array): boolean {
  return bytes.every((byte, index) => (byte === null ? at + index < head.length : head[at + index] === byte));
}

/** Valid UTF-8, but for a character cut at the end, without control characters that no text has. */
function isText(head: Uint8Array): boolean {
  for (const byte of head) {
    if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0c && byte !== 0x0d && byte !== 0x1b) return false;
  }
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(head, { stream: true });
    return true;
  } catch {
    return false;
  }
}
