import { hash } from "node:crypto";

/** An entity tag as sent, RFC 9110, section 8.8.3: `"v1"`, or `W/"v1"` for one that promises the same meaning but not the same bytes. */
const TAG = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/;
const OPAQUE = /^[\x21\x23-\x7e\x80-\xff]*$/;
// Sticky and made of parts that exclude each other, so that a list is read in one pass.
const NEXT_TAG = /[ \t,]*((?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")[ \t]*(?=,|$)/y;

/** What stands between a tag and the name of the content coding that its bytes have. */
const CODING_MARK = "~";
const CODING_SUFFIX = /~(?:zstd|br|gzip)"$/;

/** More bytes than this are not hashed: a thread would wait for the sum, 0.6 ms a megabyte (November 2026). */
const MAX_HASHED = 1_048_576;

/**
 * An entity tag, from one as sent or from a plain value that is put in quotes; undefined when the value has a character that no
 * tag may have.
 */
export function toEntityTag(value: string): string | undefined {
  if (TAG.test(value)) return value;
  return OPAQUE.test(value) ? `"${value}"` : undefined;
}

/** The tags of an `If-Match` or `If-None-Match`; undefined when it is not a list of tags. */
export function parseEntityTags(header: string): readonly string[] | undefined {
  const tags: string[] = [];
  NEXT_TAG.lastIndex = 0;
  while (NEXT_TAG.lastIndex < header.length) {
    const at = NEXT_TAG.lastIndex;
    const tag = NEXT_TAG.exec(header)?.[1];
    // What is left must be separators.
    if (tag === undefined) return tags.length > 0 && /^[ \t,]*$/.test(header.slice(at)) ? tags : undefined;
    tags.push(tag);
  }
  return tags.length > 0 ? tags : undefined;
}

/** Whether both tags stand for the same bytes (RFC 9110, section 8.8.3.2). */
export function matchesStrongly(left: string, right: string): boolean {
  return left === right && !left.startsWith("W/");
}

/** Whether both tags stand for the same meaning (RFC 9110, section 8.8.3.2). */
export function matchesWeakly(left: string, right: string): boolean {
  return opaqueOf(left) === opaqueOf(right);
}

function opaqueOf(tag: string): string {
  return tag.startsWith("W/") ? tag.slice(2) : tag;
}

/** The tag of the same version in a content coding: other bytes have another strong tag (RFC 9110, section 8.8.3.3). */
export function tagOfCoding(tag: string, coding: string): string {
  return tag.startsWith("W/") ? tag : `${tag.slice(0, -1)}${CODING_MARK}${coding}"`;
}

/** The tag of a version whatever coding it was sent in. */
export function tagOfVersion(tag: string): string {
  return tag.replace(CODING_SUFFIX, '"');
}

/** A strong tag of a body's own bytes; undefined for one that is too long to be hashed on the way. */
export function hashedTag(body: string | Uint8Array, length: number): string | undefined {
  return length > MAX_HASHED ? undefined : `"${hash("sha256", body, "base64url").slice(0, TAG_LENGTH)}"`;
}

/** 132 bits: two bodies with one tag are not to be found. */
const TAG_LENGTH = 22;
