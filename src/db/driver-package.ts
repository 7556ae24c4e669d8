import { errors } from "./errors.ts";

/**
 * Loads a package that only one engine needs.
 *
 * @throws E_DB_DRIVER_MISSING
 */
export async function loadDriverPackage<Module>(name: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw errors.DRIVER_MISSING({ package: name }, { cause });
  }
}
