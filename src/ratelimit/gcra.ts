/**
 * The generic cell rate algorithm (ITU-T I.371, annex A, as a virtual schedule). A key's whole state is one number, its
 * theoretical arrival time: when its quota will be whole again. Each unit taken moves that time one interval ahead; it may
 * lie at most `burst` intervals in the future.
 *
 * All times are milliseconds on a grid of 2^-16 ms (15 ns), where 64-bit floating point adds and subtracts without rounding
 * up to 2^37 ms: 4 years of uptime and horizon together. So a burst of N is N at one instant and not N ± 1, however odd the interval. Intervals are rounded
 * down to the grid: a quota is whole at most N x 15 ns early, never late.
 */
const GRID = 65_536;

/** The shortest interval between two units, in milliseconds: shorter ones would lose their precision to the grid. */
export const SHORTEST_INTERVAL: number = 1 / 256;

/** A policy as the algorithm needs it. */
export interface Pace {
  /** Milliseconds in which one unit becomes free, on the grid. */
  readonly interval: number;
  /** How far a theoretical arrival time may lie ahead: the burst in milliseconds. */
  readonly horizon: number;
}

/** @param policy units per period (milliseconds), and how many units at one instant */
export function createPace(policy: { readonly count: number; readonly period: number; readonly burst: number }): Pace {
  const interval = onGrid(policy.period / policy.count);
  return { interval, horizon: interval * policy.burst };
}

/** A time, moved down to the grid. */
export function onGrid(milliseconds: number): number {
  return Math.floor(milliseconds * GRID) / GRID;
}

/**
 * The theoretical arrival time after taking `cost` units; -1 when they are not free, and nothing changes.
 *
 * @param now on the grid
 * @param arrival the key's theoretical arrival time, on the grid; 0 for a new key
 */
export function advance(pace: Pace, now: number, arrival: number, cost: number): number {
  const next = (arrival > now ? arrival : now) + cost * pace.interval;
  // Written so that a time that is no number refuses.
  return next - now <= pace.horizon ? next : -1;
}

/** Whole units that are free at `now`. */
export function unitsFree(pace: Pace, now: number, arrival: number): number {
  const debt = arrival > now ? arrival - now : 0;
  return Math.max(0, Math.floor((pace.horizon - debt) / pace.interval));
}

/** Milliseconds until `cost` units are free; 0 when they are now. */
export function waitFor(pace: Pace, now: number, arrival: number, cost: number): number {
  const debt = arrival > now ? arrival - now : 0;
  return Math.max(0, debt + cost * pace.interval - pace.horizon);
}

/**
 * What may be given back of `cost` units that were taken and left the arrival time `mark`: as much of them as has not become free
 * again by itself. Nobody else's calls in between can make that too much: while `mark` lies ahead, every one of them has
 * moved the arrival time by its whole cost.
 *
 * @returns the arrival time then
 */
export function withdraw(
  pace: Pace,
  now: number,
  arrival: number,
  taken: { readonly cost: number; readonly mark: number },
): number {
  return arrival - Math.min(taken.cost * pace.interval, Math.max(0, taken.mark - now));
}
