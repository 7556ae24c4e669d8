// Browsers read "//" and "/\" as the start of another host, and drop tabs and line ends.
const LOCAL_TARGET = /^\/(?![/\\])[^\\\u0000-\u0020\u007f]*$/;

/**
 * Whether a redirect to this target stays on the site: a path with one leading slash, and with nothing in it that a browser reads as
 * another host. Ask it of a target that came from outside, `?next=` for instance, before it is handed to `reply.redirect`.
 *
 * @example
 * reply.redirect(isLocalTarget(query.next) ? query.next : "/");
 */
export function isLocalTarget(target: string): boolean {
  return LOCAL_TARGET.test(target);
}

/** A target whose characters outside ASCII are percent-encoded, as URLs have them (RFC 3987, section 3.1). */
export function toAscii(target: string): string {
  return target.toWellFormed().replaceAll(/[\u0080-\u{10ffff}]+/gu, encodeURIComponent);
}
