/** The lowest, the middle and the highest value. */
export function spreadOf(values: readonly number[]): readonly number[] {
  return [Math.min(...values), median(values), Math.max(...values)];
}

/** The median of the ratios within each round. */
export function medianRatio(own: readonly number[], other: readonly number[]): number {
  return median(own.map((value, round) => value / (other[round] ?? Number.NaN)));
}

/** The middle value; the mean of the two middle ones when there is an even number. NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted.length >> 1;
  const high = sorted[upper] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : ((sorted[upper - 1] ?? Number.NaN) + high) / 2;
}
