import assert from "node:assert/strict";
import { type Fault, type PlinthError, isPlinthError } from "#src/core/mod";

/** The error that a promise rejects with; fails when it resolves, or rejects with an error of another code. */
export async function failureOf(promise: Promise<unknown>, code: string): Promise<PlinthError> {
  const outcome = await promise.then(
    () => "no error",
    (thrown: unknown) => thrown,
  );
  assert.ok(isPlinthError(outcome, code), `expected ${code}, got ${String(outcome)}`);
  return outcome;
}

/** Faults as `pointer | detail | in`, easy to compare. */
export function faultLines(faults: readonly Fault[] | undefined): string[] {
  return (faults ?? []).map((fault) => [fault.pointer, fault.detail, fault.in].join(" | "));
}
