/** Longest name that file systems take, in bytes. */
const MAX_SEGMENT = 255;

// Control characters, what separates folders elsewhere, and the colon of drives and streams (Windows).
const FORBIDDEN = /[\u0000-\u001f\u007f\\:]/;
// Windows opens these as devices, whatever stands behind their dot, and drops dots and spaces at the end of a name.
const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|com[\d\u00b9\u00b2\u00b3]|lpt[\d\u00b9\u00b2\u00b3])[ ]*(?:\.|$)/i;
const ENDING = /[. ]$/;

/** Escapes of what separates or ends a path: in one that means well they never stand. */
const HIDDEN_SEPARATOR = /%(?:2f|5c|00)/i;

/**
 * Whether a path as it was received, before it was decoded, hides what separates paths from whoever reads it as it stands.
 *
 * @param path without the query
 */
export function hidesSeparator(path: string): boolean {
  return HIDDEN_SEPARATOR.test(path);
}

/**
 * The names of which a path below a folder consists, every one of them plain: no step up, no hidden file, no empty name, nothing that
 * any operating system reads as something else. Null for any other path.
 *
 * @param path decoded once, relative, with slashes
 */
export function safeSegments(path: string): readonly string[] | null {
  const segments = path.split("/");
  return segments.every(isPlain) ? segments : null;
}

function isPlain(segment: string): boolean {
  if (segment === "" || segment.startsWith(".") || Buffer.byteLength(segment) > MAX_SEGMENT) return false;
  return segment.isWellFormed() && !FORBIDDEN.test(segment) && !DEVICE.test(segment) && !ENDING.test(segment);
}
