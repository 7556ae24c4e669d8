import { errors } from "../errors.ts";
import { toEntityTag } from "./etag.ts";

/** What tells one version of a resource from another. */
export interface Validators {
  /** The version's tag: an entity tag as sent (`"v1"`, `W/"v1"`), or a plain value that is put in quotes, a row's version for instance. */
  readonly etag?: string | number | undefined;
  /** When it last changed, in milliseconds since 1970 or as a date. */
  readonly modified?: Date | number | undefined;
}

/** The validators of one representation as they are sent; undefined for what it does not have. */
export interface SentValidators {
  readonly etag: string | undefined;
  /** Milliseconds since 1970, whole seconds. */
  readonly modified: number | undefined;
}

/**
 * Reads validators as a handler gives them.
 *
 * @param route whose fault it is, `GET /orders/:id`
 * @throws E_HTTP_REPLY_HEADER_INVALID for an etag or a time that no header can say
 */
export function toSentValidators({ etag, modified }: Validators, route: string): SentValidators {
  const tag = etag === undefined ? undefined : toEntityTag(String(etag));
  if (etag !== undefined && tag === undefined) throw errors.REPLY_HEADER_INVALID({ route, name: "etag" });
  if (modified === undefined) return { etag: tag, modified: undefined };
  const time = Number(modified);
  // Years of four digits: what the header can say.
  if (!(time >= 0 && time < 253_402_300_800_000)) throw errors.REPLY_HEADER_INVALID({ route, name: "last-modified" });
  return { etag: tag, modified: time - (time % 1_000) };
}
