import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { toError } from "../core/mod.ts";
import type { AnyApp } from "./contract.ts";
import { isAppDefinition } from "./define-app.ts";
import { errors } from "./errors.ts";

/**
 * Loads the module that defines an app.
 *
 * @param url `file:` URL of the module
 * @throws E_APP_MODULE_MISSING, E_APP_MODULE_FAILED (what it imports is not there, its code is no code, or throws), E_APP_MODULE_INVALID
 */
export async function loadApp(url: string): Promise<AnyApp> {
  const path = fileURLToPath(url);
  if (!existsSync(path)) throw errors.MODULE_MISSING({ path, reason: "there is no such file. Name the app's module." });
  let module: { readonly default?: unknown };
  try {
    module = (await import(url)) as typeof module;
  } catch (thrown) {
    throw errors.MODULE_FAILED({ path, reason: toError(thrown).message }, { cause: thrown });
  }
  if (!isAppDefinition(module.default)) throw errors.MODULE_INVALID({ path });
  return module.default;
}
