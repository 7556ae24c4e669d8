import type { Fault } from "../core/mod.ts";
import type { Candidate, ConfigSchema, Layer } from "./contract.ts";
import { pointerOf } from "./pointer.ts";
import { describeUnknown } from "./unknown-key.ts";

/** What `--set key=value` flags offer; of two for one key the later wins. */
export function layerOfOverrides(schema: ConfigSchema, overrides: readonly string[]): Layer {
  const keys = new Map(schema.keys.map((key) => [key.name, key]));
  const candidates: Candidate[] = [];
  const faults: Fault[] = [];
  for (const override of overrides) {
    const equals = override.indexOf("=");
    const name = override.slice(0, Math.max(equals, 0));
    const key = keys.get(name);
    if (equals === -1) faults.push({ in: "--set", pointer: "", detail: "expected key=value" });
    else if (key !== undefined) candidates.push({ key, input: override.slice(equals + 1), form: "text", source: "--set" });
    else {
      const { pointerPath, detail } = describeUnknown(schema, name.split("."));
      faults.push({ in: "--set", pointer: pointerOf(pointerPath), detail });
    }
  }
  return { candidates, faults };
}
