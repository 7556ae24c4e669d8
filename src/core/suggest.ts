/**
 * The candidate that a mistyped word most likely meant, if any is near: the same letters in another case or with other
 * separators, or at most two edits away (one for short words).
 *
 * @example
 * suggest("uploads.maxsise", ["uploads.maxSize", "port"]); // "uploads.maxSize"
 */
export function suggest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = fold(word);
  let best: string | undefined;
  let nearest = wanted.length < 5 ? 2 : 3; // one past the number of edits allowed
  for (const candidate of candidates) {
    const distance = editDistance(wanted, fold(candidate), nearest);
    if (distance < nearest) [best, nearest] = [candidate, distance];
  }
  return best;
}

function fold(word: string): string {
  return word.replaceAll(/[-_. ]/g, "").toLowerCase();
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment); `limit` when there are that many. */
function editDistance(left: string, right: string, limit: number): number {
  if (Math.abs(left.length - right.length) >= limit) return limit;
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const row = [i];
    for (let j = 1; j <= right.length; j++) {
      const cost = left[i - 1] === right[j - 1] ? 0 : 1;
      const swapped = i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1];
      row[j] = Math.min(
        (last[j] as number) + 1,
        (row[j - 1] as number) + 1,
        (last[j - 1] as number) + cost,
        swapped ? (beforeLast[j - 2] as number) + 1 : Infinity,
      );
    }
    [beforeLast, last] = [last, row];
  }
  return Math.min(last[right.length] as number, limit);
}
