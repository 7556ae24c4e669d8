/**
 * The part of a text between two indexes without the spaces and tabs around it, which is all the white space that header fields know
 * (RFC 9110 section 5.6.3). `String.trim` also takes no-break spaces and would turn a cookie name that begins with one into
 * `__Host-session`.
 */
export function trimBlanks(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(character: number): boolean {
  return character === 0x20 || character === 0x09;
}
