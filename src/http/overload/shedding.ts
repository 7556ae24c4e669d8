import { type Clock, type Duration, parseDuration } from "../../core/mod.ts";
import { overloadChanged } from "../channels.ts";
import { LoopLoad } from "./loop-load.ts";

/** When requests are refused under an overload. */
export interface SheddingOptions {
  /**
   * How long a turn of the event loop takes in requests of normal priority once the loop does not keep up; `high` has twice that, `low` a
   * quarter. A request that is answered has waited for two turns at most. Default `"50ms"`.
   */
  readonly target?: Duration;
}

const DEFAULT_TARGET: Duration = "50ms";

/** What a handler's routes ask whether the event loop keeps up; null where they do not ask. */
export function createLoopLoad(handler: symbol, clock: Clock, options: SheddingOptions | false = {}): LoopLoad | null {
  if (options === false) return null;
  return new LoopLoad({
    clock,
    target: parseDuration(options.target ?? DEFAULT_TARGET),
    changed: (overloaded) => overloadChanged.publish({ handler, overloaded }),
  });
}
