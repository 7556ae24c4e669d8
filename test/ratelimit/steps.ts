import fc from "fast-check";

/** What happens to a store, as data. */
export interface Step {
  readonly policy: number;
  readonly key: number;
  readonly cost: number;
  /** Milliseconds that pass first. */
  readonly pause: number;
}

export function steps(keys: number, policies: number): fc.Arbitrary<Step[]> {
  const step = fc.record({
    policy: fc.nat(policies - 1),
    key: fc.nat(keys - 1),
    cost: fc.integer({ min: 1, max: 3 }),
    pause: fc.oneof(
      { weight: 4, arbitrary: fc.constant(0) },
      { weight: 2, arbitrary: fc.nat(400) },
      { weight: 1, arbitrary: fc.nat(90_000) },
    ),
  });
  return fc.array(step, { maxLength: 250 });
}
