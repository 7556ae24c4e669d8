import {
  type ConfigSchema,
  ConfigSource,
  type LoadOptions,
  type LoadedConfig,
  defineConfig,
  loadConfig,
  resolveAppKey,
} from "../config/mod.ts";
import type { Secret } from "../core/mod.ts";
import { checkCertificate } from "./certificate.ts";
import type { AnyApp, BaseConfig } from "./contract.ts";

/** Where settings come from. */
export interface SettingsOptions {
  /** The environment variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where `config/` and `.env` are. Default: the working directory. */
  readonly folder?: string;
  readonly secretsFolder?: string;
  /** `key=value`, as given by `--set`. */
  readonly overrides?: readonly string[];
}

/** An app's settings with Plinth's own. */
export function settingsOf(app: AnyApp): ConfigSchema {
  return (app.config ?? defineConfig({})) as ConfigSchema;
}

/** What an app's configuration is loaded from. */
export function loadOptions(app: AnyApp, options: SettingsOptions): LoadOptions {
  const { env, folder, secretsFolder, overrides } = options;
  return {
    schema: settingsOf(app),
    env,
    ...(folder === undefined ? {} : { folder }),
    ...(secretsFolder === undefined ? {} : { secretsFolder }),
    ...(overrides === undefined ? {} : { overrides }),
  };
}

/** The app's configuration, checked and frozen. @throws E_CONFIG_INVALID */
export function loadSettings(app: AnyApp, options: SettingsOptions): Promise<LoadedConfig> {
  return loadConfig(loadOptions(app, options));
}

/** The configuration of a program, to be loaded again while it runs. A root secret that anybody could guess refuses that. */
export function openSettings(app: AnyApp, options: SettingsOptions, loaded: LoadedConfig): ConfigSource<unknown> {
  const check = async (next: LoadedConfig): Promise<void> => {
    if (baseOf(next).appKey !== undefined) await resolveKeys(next);
  };
  return new ConfigSource({ ...loadOptions(app, options), check }, loaded);
}

/**
 * What else keeps a program with this configuration from starting, as far as it can be seen without making anything: a root secret that anybody
 * could guess, a certificate that is no use. One that would be generated is not made.
 *
 * @throws E_CONFIG_APP_KEY_WEAK, E_APP_TLS_INCOMPLETE, E_APP_CERTIFICATE_INVALID
 */
export async function checkSettings(loaded: LoadedConfig): Promise<void> {
  const config = baseOf(loaded);
  if (config.appKey !== undefined) await resolveKeys(loaded);
  await checkCertificate(config);
}

/** Plinth's own part of a configuration. */
export function baseOf(loaded: LoadedConfig): BaseConfig {
  return loaded.values as unknown as BaseConfig;
}

/** The root secrets, configured or generated. @throws E_CONFIG_APP_KEY_MISSING, E_CONFIG_APP_KEY_WEAK, E_CONFIG_APP_KEY_FILE_FAILED */
export function resolveKeys(loaded: LoadedConfig): Promise<readonly Secret[]> {
  const { appKey, dataFolder } = baseOf(loaded);
  return resolveAppKey({ keys: appKey, environment: loaded.environment, dataFolder });
}
