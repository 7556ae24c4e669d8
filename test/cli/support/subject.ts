import type { TestContext } from "node:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DoctorCheck, DoctorSubject } from "#src/app/mod";
import { baseOf } from "#src/app/settings";
import { defineConfig, loadConfig, setting } from "#src/config/mod";
import { examine } from "#src/cli/doctor/examine";
import type { Finding } from "#src/core/mod";
import { createFakeClock } from "#src/testing/fake-clock";
import { writeFiles } from "../../config/support/folder.ts";

const schema = defineConfig({ smtpPassword: setting.secret({ optional: true }) });
const KEY = "wB3vT9qXm2Lk8RzYp5HsJd7NcF4gVa6E";

export interface Scene {
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  /** Wall-clock milliseconds. Default: the machine's. */
  readonly now?: number;
}

/** A production program's set-up in a folder of its own. */
export async function makeSubject(
  t: TestContext,
  { env = {}, files = {}, now = Date.now() }: Scene = {},
): Promise<DoctorSubject> {
  const folder = mkdtempSync(join(tmpdir(), "plinth-doctor-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFiles(folder, files);
  const variables = { APP_ENV: "production", APP_KEY: KEY, PORT: "0", ADMIN_PORT: "0", DATA_FOLDER: folder, ...env };
  const loaded = await loadConfig({ schema, env: variables, folder });
  const clock = createFakeClock(now);
  return { config: baseOf(loaded), loaded, environment: loaded.environment, folder, clock };
}

/** What these checks find, as `severity id`. */
export async function findingsOf(checks: readonly DoctorCheck[], subject: DoctorSubject): Promise<string[]> {
  return (await examine(checks, subject)).map(({ severity, id }) => `${severity} ${id}`);
}

/** What these checks find. */
export function lookAt(checks: readonly DoctorCheck[], subject: DoctorSubject): Promise<readonly Finding[]> {
  return examine(checks, subject);
}
