import { type Command, Option } from "commander";
import type { ProgramOptions, SettingsOptions } from "../app/mod.ts";
import type { Environment } from "../config/mod.ts";
import { processEnvironment } from "../config/process-environment.ts";
import { findApp } from "./find-app.ts";

/** Options that every verb takes. */
export interface SharedOptions {
  readonly app?: string;
  readonly env?: Environment;
  readonly set?: readonly string[];
  readonly secretsFolder?: string;
}

/** Options of every verb that talks to a running program. */
export interface AdminOptions extends SharedOptions {
  /** Where its admin server is, when not where the configuration says. */
  readonly adminUrl?: string;
}

const collect = (value: string, previous: readonly string[] = []): readonly string[] => [...previous, value];

/** Adds the options that every verb takes. */
export function withSharedOptions(command: Command): Command {
  return command
    .option("--app <module>", "the app's module (default: plinth.app of package.json, else app.ts)")
    .addOption(new Option("--env <environment>", "instead of APP_ENV").choices(["development", "test", "production"]))
    .option("--set <key=value>", "sets a configuration value, above every other source; may be repeated", collect)
    .option("--secrets-folder <folder>", "a folder of files named like the variables");
}

/** Adds the options of a verb that talks to a running program. */
export function withAdminOptions(command: Command): Command {
  return withSharedOptions(command).option(
    "--admin-url <url>",
    "where the program's admin server is (default: from ADMIN_HOST and ADMIN_PORT)",
  );
}

/** What a verb's options mean for the program. */
export function toProgramOptions(options: SharedOptions, named?: string): ProgramOptions {
  return { appUrl: findApp(named ?? options.app, process.cwd()), ...toSettingsOptions(options) };
}

/** What a verb's options mean for the configuration. */
export function toSettingsOptions(options: SharedOptions): SettingsOptions {
  const env = processEnvironment();
  return {
    env: options.env === undefined ? env : { ...env, APP_ENV: options.env },
    ...(options.set === undefined ? {} : { overrides: options.set }),
    ...(options.secretsFolder === undefined ? {} : { secretsFolder: options.secretsFolder }),
  };
}
