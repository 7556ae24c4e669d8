import { baseOf, resolveKeys } from "../app/mod.ts";
import { defineConfig, describeFault, errors as configErrors, readConfig } from "../config/mod.ts";
import type { Fault, Secret } from "../core/mod.ts";
import { errors } from "./errors.ts";
import { type AdminOptions, toSettingsOptions } from "./options.ts";

/** Where a running program's admin server is, and what proves to it that we may. */
export interface FoundAdmin {
  readonly url: string;
  /** The root secrets, the latest first. */
  readonly keys: readonly Secret[];
}

const KEYS: readonly string[] = ["appKey", "dataFolder"];
const PLACE: readonly string[] = ["adminHost", "adminPort"];

/**
 * Reads only what is needed of the configuration, and nothing of the app: a program that runs is to be reached also when its files or its
 * code have been broken since it was started.
 *
 * @throws E_CONFIG_INVALID when what is needed is faulty, E_CLI_ADMIN_PORT_UNKNOWN
 */
export async function findAdmin(options: AdminOptions): Promise<FoundAdmin> {
  const { loaded, faults } = await readConfig({ ...toSettingsOptions(options), schema: defineConfig({}) });
  const needed = options.adminUrl === undefined ? [...KEYS, ...PLACE] : KEYS;
  const { environment } = loaded;
  const matter = faults.filter(({ pointer }) => needed.includes(pointer.split("/")[1] ?? ""));
  if (matter.length > 0) throw configErrors.INVALID({ environment, faults: matter }, { faults: matter });
  warnOfFiles(faults);
  const { adminHost, adminPort } = baseOf(loaded);
  return { url: options.adminUrl ?? urlOf(adminHost, adminPort), keys: await resolveKeys(loaded) };
}

/** A file that cannot be read as a whole may hold what was looked for. */
function warnOfFiles(faults: readonly Fault[]): void {
  for (const fault of faults.filter(({ pointer }) => pointer === "")) {
    process.stderr.write(`warning: left out of the configuration: ${describeFault(fault)}\n`);
  }
}

/** @throws E_CLI_ADMIN_PORT_UNKNOWN */
function urlOf(host: string, port: number): string {
  if (port === 0) throw errors.ADMIN_PORT_UNKNOWN();
  // What listens on every address is found on this machine's own.
  const reachable = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}
