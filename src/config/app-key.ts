import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { link, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type PlinthError, Secret } from "../core/mod.ts";
import { APP_KEY_BYTES } from "./base.ts";
import type { Environment } from "./contract.ts";
import { errors } from "./errors.ts";
import { codeOf, readTextFile } from "./read-text-file.ts";

/** What tests sign with. Public, and therefore refused anywhere else. */
const TEST_KEY = "plinth-tests-Zk8vQ2mX7cR4wE9sL5uB6yN1hJ3gT0dF";
const FEWEST_CHARACTERS = 8;
const FILE_LIMIT = 4_096;

export interface AppKeyOptions {
  /** `config.appKey`: what was configured, if anything. */
  readonly keys: readonly Secret[] | undefined;
  readonly environment: Environment;
  /** Where a generated key is kept (`app.key`). */
  readonly dataFolder: string;
}

/**
 * The root secrets of this process, the first signs. Configured ones win; without any, development generates one and keeps it in
 * `<dataFolder>/app.key` (mode 0600; of processes that start at once all get the same), and tests get a fixed one.
 *
 * @throws E_CONFIG_APP_KEY_MISSING in production; E_CONFIG_APP_KEY_WEAK for one that anybody could guess;
 *   E_CONFIG_APP_KEY_FILE_FAILED when the generated one cannot be kept
 */
export async function resolveAppKey(options: AppKeyOptions): Promise<readonly Secret[]> {
  const { keys, environment, dataFolder } = options;
  if (keys !== undefined && keys.length > 0) {
    for (const key of keys) refuseWeak(key.reveal(), "APP_KEY", environment);
    return keys;
  }
  if (environment === "production") throw errors.APP_KEY_MISSING({ environment });
  if (environment === "test") return [new Secret(TEST_KEY)];
  const path = join(dataFolder, "app.key");
  const key = readKey(path) ?? (await createKey(dataFolder, path));
  refuseWeak(key, path, environment);
  return [new Secret(key)];
}

/**
 * Where the root secret of a program without a configured one comes from, for people; undefined where it must be configured. Nothing is made or
 * read.
 */
export function describeAppKeySource({ environment, dataFolder }: Omit<AppKeyOptions, "keys">): string | undefined {
  if (environment === "production") return undefined;
  if (environment === "test") return "the same in all tests";
  const path = join(dataFolder, "app.key");
  return existsSync(path) ? path : `made at the first start, in ${path}`;
}

function readKey(path: string): string | undefined {
  const file = readTextFile(path, FILE_LIMIT);
  if (file === "missing") return undefined;
  if ("refused" in file) throw fileFailed(path, `it ${file.refused}.`);
  return file.text.trim();
}

/** The key is written beside its place and then linked into it: no process ever sees half a key, and the first link wins. */
async function createKey(folder: string, path: string): Promise<string> {
  const draft = `${path}.${randomBytes(8).toString("hex")}`;
  const key = randomBytes(APP_KEY_BYTES).toString("base64url");
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(draft, `${key}\n`, { flag: "wx", mode: 0o600, flush: true });
    await link(draft, path);
    return key;
  } catch (thrown) {
    const winner = codeOf(thrown) === "EEXIST" ? readKey(path) : undefined;
    if (winner === undefined) throw fileFailed(path, `${codeOf(thrown)}.`, thrown);
    return winner;
  } finally {
    await rm(draft, { force: true });
  }
}

function fileFailed(path: string, reason: string, cause?: unknown): PlinthError {
  return errors.APP_KEY_FILE_FAILED({ path, reason }, { cause });
}

function refuseWeak(key: string, source: string, environment: Environment): void {
  if (key === TEST_KEY && environment !== "test") throw errors.APP_KEY_WEAK({ source, reason: "is the public one for tests." });
  if (Buffer.byteLength(key) < APP_KEY_BYTES)
    throw errors.APP_KEY_WEAK({ source, reason: `has fewer than ${APP_KEY_BYTES} bytes.` });
  // Random bytes in any spelling have far more: 32 hex digits have fewer than 8 different ones once in 28 million times.
  if (new Set(key).size < FEWEST_CHARACTERS) {
    throw errors.APP_KEY_WEAK({ source, reason: `has fewer than ${FEWEST_CHARACTERS} different characters.` });
  }
}
