export type {
  AnyApp,
  AppCommand,
  AppDefinition,
  CommandCall,
  ReadyNotice,
  Runtime,
  ServiceTools,
  ThreadRole,
} from "./contract.ts";
export { defineApp, isAppDefinition } from "./define-app.ts";
export { describeRoutes } from "./describe-routes.ts";
export { errors } from "./errors.ts";
export { loadApp } from "./load-app.ts";
export { observeRequests } from "./observe.ts";
export { type OpenApp, type OpenAppOptions, openApp } from "./open-app.ts";
export { type Program, type ProgramOptions, startProgram } from "./program.ts";
export { stopOnSignal } from "./signals.ts";
export { type SettingsOptions, loadSettings, resolveKeys, settingsOf } from "./settings.ts";
