const MAX_BYTES = 255;
// Control and format characters: they end up in logs, headers and listings, where they hide what a name is (bidirectional overrides).
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/**
 * A client's name for a file, fit to be shown: the last segment, composed (NFC), without characters that cannot be seen, at most 255
 * bytes. It is data. Never join it into a path (CVE-2026-21440): files get names that the server makes.
 */
export function cleanFilename(text: string): string {
  const segment = text.slice(Math.max(text.lastIndexOf("/"), text.lastIndexOf("\\")) + 1);
  const visible = segment.replaceAll(HIDDEN, "").normalize("NFC").trim();
  if (visible === "." || visible === "..") return "";
  return shorten(visible);
}

/** Cuts the middle out, so that the extension stays. */
function shorten(name: string): string {
  if (Buffer.byteLength(name) <= MAX_BYTES) return name;
  const dot = name.lastIndexOf(".");
  const extension = dot > 0 && name.length - dot <= 16 ? name.slice(dot) : "";
  let stem = "";
  let bytes = Buffer.byteLength(extension);
  for (const character of name) {
    bytes += Buffer.byteLength(character);
    if (bytes > MAX_BYTES) break;
    stem += character;
  }
  return stem + extension;
}
