// Control characters, separators that break lines, and marks that reorder text: a configured value must not drive a terminal.
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

/** A text on one line that cannot move the cursor, colour the terminal or hide part of itself. */
export function toPrintable(text: string): string {
  return text.replaceAll(UNPRINTABLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
