import { errors } from "./errors.ts";

/** An amount of bytes as text: `"512b"`, `"64kb"`, `"10mb"`, `"1gb"`. Units are powers of 1,024. */
export type Size = `${number}${"b" | "kb" | "mb" | "gb"}`;

const BYTES: Readonly<Record<string, number>> = { b: 1, kb: 1_024, mb: 1_048_576, gb: 1_073_741_824 };
const PATTERN = /^(\d{1,12}(?:\.\d{1,6})?)(b|kb|mb|gb)$/;

/**
 * Bytes of a size, rounded down to a whole byte.
 *
 * @throws E_CORE_SIZE_INVALID when the text is no size
 * @example
 * parseSize("64kb"); // 65536
 */
export function parseSize(text: Size): number {
  const match = PATTERN.exec(text);
  if (match === null) throw errors.SIZE_INVALID({ text });
  return Math.floor(Number(match[1]) * (BYTES[match[2] as string] as number));
}

/** Whether a text is a size. */
export function isSize(text: string): text is Size {
  return PATTERN.test(text);
}
