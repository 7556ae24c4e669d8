export { type AppKeyOptions, describeAppKeySource, resolveAppKey } from "./app-key.ts";
export { type BaseTree, baseConfig } from "./base.ts";
export { type ConfigCheck, checkConfig } from "./check-config.ts";
export { configPlaces } from "./config-places.ts";
export { ConfigSource, type ConfigSourceOptions, type PendingSetting, type Reload } from "./config-source.ts";
export { configExample } from "./config-example.ts";
export { configJsonSchema } from "./config-json-schema.ts";
export { configReference } from "./config-reference.ts";
export type {
  ConfigKey,
  ConfigOf,
  ConfigSchema,
  Environment,
  JsonSchema,
  LoadedConfig,
  Setting,
  SettingOptions,
  SettingTree,
  ValuesOf,
  Variables,
} from "./contract.ts";
export { defineConfig } from "./define-config.ts";
export { describeFault, errors } from "./errors.ts";
export { type ExplainedSetting, explainConfig, formatExplanation } from "./explain-config.ts";
export { type LiveConfig, LiveValues } from "./live-config.ts";
export { type LoadOptions, type ReadConfig, loadConfig, readConfig } from "./load-config.ts";
export { processEnvironment } from "./process-environment.ts";
export { ConfigWatch } from "./watch-config.ts";
export * as setting from "./setting.ts";
