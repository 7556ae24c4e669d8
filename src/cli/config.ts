import { baseOf, checkSettings, loadApp, loadSettings, settingsOf } from "../app/mod.ts";
import {
  type ExplainedSetting,
  checkConfig,
  configExample,
  configJsonSchema,
  configReference,
  describeAppKeySource,
  explainConfig,
  formatExplanation,
} from "../config/mod.ts";
import { type SharedOptions, toProgramOptions } from "./options.ts";

/** `plinth config explain`: every effective value with its source, secrets masked. */
export async function explain(options: SharedOptions & { readonly json?: boolean }): Promise<string> {
  const programOptions = toProgramOptions(options);
  const loaded = await loadSettings(await loadApp(programOptions.appUrl), programOptions);
  const { appKey, dataFolder } = baseOf(loaded);
  const generated = appKey === undefined ? describeAppKeySource({ environment: loaded.environment, dataFolder }) : undefined;
  const asGenerated = (row: ExplainedSetting, source: string): ExplainedSetting => ({ ...row, value: "[secret]", source });
  const rows = explainConfig(loaded).map((row) =>
    row.key === "appKey" && generated !== undefined ? asGenerated(row, generated) : row,
  );
  return options.json === true ? `${JSON.stringify(rows, null, 2)}\n` : formatExplanation(rows);
}

/** `plinth config check`: whether the app would start with this configuration; nothing is started. */
export async function check(options: SharedOptions): Promise<{ readonly ok: boolean; readonly text: string }> {
  const { appUrl, ...load } = toProgramOptions(options);
  const app = await loadApp(appUrl);
  const checked = await checkConfig({ ...load, schema: settingsOf(app) });
  if (!checked.ok) return checked;
  await checkSettings(await loadSettings(app, load));
  return checked;
}

/** `plinth config example`: a commented `.env.example`, a JSON Schema, or a reference in Markdown. */
export async function example(options: SharedOptions & { readonly format: "env" | "json-schema" | "markdown" }): Promise<string> {
  const schema = settingsOf(await loadApp(toProgramOptions(options).appUrl));
  if (options.format === "json-schema") return configJsonSchema(schema);
  return options.format === "markdown" ? configReference(schema) : configExample(schema);
}
