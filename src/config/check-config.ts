import { type Fault, PlinthError } from "../core/mod.ts";
import { type LoadOptions, loadConfig } from "./load-config.ts";

/** Whether a program's configuration would load, without starting anything. */
export interface ConfigCheck {
  readonly ok: boolean;
  readonly faults: readonly Fault[];
  /** For people: the faults, or one line that all is well. */
  readonly text: string;
}

/** `plinth config check`: loads as {@link loadConfig} does, for any environment, and reports instead of throwing. */
export async function checkConfig(options: LoadOptions): Promise<ConfigCheck> {
  try {
    const { environment, schema } = await loadConfig(options);
    return { ok: true, faults: [], text: `The configuration (${environment}) is valid: ${schema.keys.length} settings.\n` };
  } catch (thrown) {
    if (!(thrown instanceof PlinthError) || thrown.faults === undefined) throw thrown;
    return { ok: false, faults: thrown.faults, text: `${thrown.message}\n` };
  }
}
