export type {
  AnyApp,
  AppCommand,
  AppDefinition,
  BaseConfig,
  CommandCall,
  DoctorCheck,
  DoctorSubject,
  ReadyNotice,
  RouteMaker,
  Runtime,
  ServiceTools,
  ThreadRole,
} from "./contract.ts";
export { defineApp, isAppDefinition } from "./define-app.ts";
export { compareApp, describeApp } from "./describe-app.ts";
export { describeRoutes } from "./describe-routes.ts";
export { errors } from "./errors.ts";
export { type Launched, launch } from "./launch.ts";
export { loadApp } from "./load-app.ts";
export { observeRequests } from "./observe.ts";
export { type FetchApp, type OpenFetchOptions, openFetch } from "./open-fetch.ts";
export { type OpenApp, type OpenAppOptions, openApp } from "./open-app.ts";
export { createOperatorToken } from "./operator/operator-token.ts";
export type { LogStatus } from "./operator/log-control.ts";
export type { MaintenanceStatus } from "./operator/maintenance-control.ts";
export type { Warned } from "./operator/route-warnings.ts";
export type { ConfigStatus, ReloadReport } from "./operator/reloader.ts";
export type { ProgramStatus } from "./operator/status-action.ts";
export type { NewProgram, Program, ProgramOptions } from "./program.ts";
export { probePort } from "./port-probe.ts";
export { type RouteSurvey, surveyRoutes } from "./survey-routes.ts";
export { type SettingsOptions, baseOf, checkSettings, loadSettings, resolveKeys, settingsOf } from "./settings.ts";
