import { type AppCommand, loadApp, loadSettings, resolveKeys } from "../app/mod.ts";
import { systemClock } from "../core/mod.ts";
import { type SharedOptions, toProgramOptions } from "./options.ts";

/** The verbs that an app adds; none when no app is found. */
export async function appCommands(options: SharedOptions): Promise<readonly AppCommand[]> {
  return (await loadApp(toProgramOptions(options).appUrl)).commands ?? [];
}

/** Runs one of them with the app's configuration and keys. */
export async function runAppCommand(command: AppCommand, words: readonly string[], options: SharedOptions): Promise<string> {
  const programOptions = toProgramOptions(options);
  const app = await loadApp(programOptions.appUrl);
  const loaded = await loadSettings(app, programOptions);
  const appKeys = await resolveKeys(loaded);
  const output = await command.run({ arguments: words, environment: loaded.environment, appKeys, clock: systemClock });
  return output.endsWith("\n") ? output : `${output}\n`;
}
