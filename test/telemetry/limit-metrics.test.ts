import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type LimitDegraded,
  type LimitRefused,
  type StoreChanged,
  limitDegraded,
  limitRefused,
  lockTimeouts,
  storeChanged,
} from "#src/ratelimit/mod";
import {
  type ChangedLimitStore,
  type DegradedLimit,
  type RefusedByLimit,
  createRegistry,
  observeLimits,
  renderMetrics,
} from "#src/telemetry/mod";

// The rooms do not know each other: the types say here that one takes what the other announces.
const announced = {} as { refused?: LimitRefused; degraded?: LimitDegraded; store?: StoreChanged };
const counted: { refused?: RefusedByLimit; degraded?: DegradedLimit; store?: ChangedLimitStore } = announced;

describe("the metrics of limits", () => {
  test("take what the ratelimit room announces", () => assert.equal(counted, announced));

  test("count refusals, and calls that were decided without the store", () => {
    const registry = createRegistry();
    const stop = observeLimits(registry);
    for (const shadow of [false, false, true]) limitRefused.publish({ policy: "sign-in", shadow });
    limitDegraded.publish({ policy: "sign-in", mode: "local" });
    lockTimeouts.publish({ policy: "sign-in", holder: 1 });
    storeChanged.publish({ store: "redis", state: "down", error: new Error("gone") });
    stop();
    limitRefused.publish({ policy: "sign-in", shadow: false });
    const text = renderMetrics(new Map([["main", registry.segment]]), { format: "prometheus" });
    for (const line of [
      'refused_total{policy="sign-in",mode="enforced"} 2',
      'refused_total{policy="sign-in",mode="shadow"} 1',
      'degraded_total{policy="sign-in",mode="local"} 1',
      'lock_timeouts_total{policy="sign-in"} 1',
      'store_down_threads{store="redis"} 1',
    ])
      assert.ok(text.includes(`\nratelimit_${line}\n`), line);
  });
});
