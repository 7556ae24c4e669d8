import type { BaseTree, ConfigSchema, Environment, LiveConfig, LoadedConfig, SettingTree, ValuesOf } from "../config/mod.ts";
import type { Clock, Finding, Secret, Service, SharedMemory } from "../core/mod.ts";
import type { Policies, Route, VersionOptions } from "../http/mod.ts";
import type { Logger } from "../log/contract.ts";
import type { CspDirectives, SecurityHeadersOptions } from "../http/mod.ts";
import type { Registry } from "../telemetry/mod.ts";

/** What a thread is for. */
export type ThreadRole = "http" | "jobs";

/** What services may be made of besides the configuration. */
export interface Runtime {
  /** `http-0`, `jobs-0`, or `main` when there are no threads. */
  readonly thread: string;
  readonly role: ThreadRole | "all";
  readonly environment: Environment;
  readonly clock: Clock;
  /** Memory that all threads of the process share. */
  readonly memory: SharedMemory;
  /** For an app's own counters, gauges and histograms. */
  readonly metrics: Registry;
  /** The root secrets, the first signs. Derive keys from them; never use them as they are. */
  readonly appKeys: readonly Secret[];
}

/** What `services` is called with, once in every thread. */
export interface ServiceTools<Config> {
  /** As it is when the thread starts. Read what is declared with `reload: "live"` from `live` instead. */
  readonly config: Config;
  /** The configuration as it is now, and listeners for when it changes. */
  readonly live: LiveConfig<Config>;
  readonly log: Logger;
  readonly runtime: Runtime;
}

/** A verb that the app adds to the command line: `plinth <name>`. */
export interface AppCommand {
  readonly name: string;
  /** One sentence for `--help`. */
  readonly summary: string;
  /** How its arguments are written in `--help`, such as `<subject>`. */
  readonly usage?: string;
  /** @returns text for standard output */
  run(call: CommandCall): string | Promise<string>;
}

export interface CommandCall {
  readonly arguments: readonly string[];
  readonly environment: Environment;
  readonly appKeys: readonly Secret[];
  readonly clock: Clock;
}

/** What a check of `plinth doctor` looks at. Nothing runs: services are not even made. */
export interface DoctorSubject {
  readonly config: BaseConfig;
  /** With the app's own settings, and where each value came from. */
  readonly loaded: LoadedConfig;
  readonly environment: Environment;
  /** The working folder. */
  readonly folder: string;
  readonly clock: Clock;
}

/** One look at the set-up of a program, for `plinth doctor`. A room or an app adds its own as values. */
export interface DoctorCheck<Subject = DoctorSubject> {
  /** What is looked at, for the case that the look itself fails. */
  readonly name: string;
  examine(subject: Subject): readonly Finding[] | Promise<readonly Finding[]>;
}

/** What a program says when it is ready, besides its addresses. */
export interface ReadyNotice {
  readonly environment: Environment;
  readonly appKeys: readonly Secret[];
  readonly clock: Clock;
}

/** Makes routes from services. */
export type RouteMaker<Services, Made = readonly Route[]> = (services: Services) => Made;

/** An app as a value: the only place where its parts meet. Made by `defineApp`. */
export interface AppDefinition<
  Tree = SettingTree,
  Services extends object = object,
  Made extends readonly (readonly Route[])[] = readonly (readonly Route[])[],
> {
  /** Shown in logs, metrics and listings. */
  readonly name: string;
  /** Default `0.0.0`. */
  readonly version?: string;
  /** Settings beside Plinth's own, made by `defineConfig`. */
  readonly config?: ConfigSchema<Tree>;
  /** Makes what routes need. Values that are services are started before the first request and stopped after the last. */
  readonly services?: (tools: ServiceTools<ValuesOf<Tree>>) => Services | Promise<Services>;
  /** Each makes some of the routes. */
  readonly routes?: { readonly [Index in keyof Made]: RouteMaker<Services, Made[Index]> };
  /** Which of the services rate limits count in. Default: in memory that the threads of the process share. */
  readonly limits?: (services: Services) => unknown;
  /** Services that only jobs threads run. */
  readonly background?: (services: Services) => readonly Service[];
  /** Policies of every route that does not say otherwise. */
  readonly defaults?: Policies;
  readonly securityHeaders?: SecurityHeadersOptions;
  /** How callers choose among versions of a route; required as soon as a route has a `version`. */
  readonly versions?: VersionOptions;
  /** The Content-Security-Policy of pages that ask for a nonce. */
  readonly pageCsp?: CspDirectives;
  /** How many event streams and WebSockets the process keeps open at once, in all its threads; beyond it, 503. At least 1. Default 10000. */
  readonly liveLimit?: number;
  readonly commands?: readonly AppCommand[];
  /** What `plinth doctor` looks at besides its own checks. */
  readonly checks?: readonly DoctorCheck[];
  /** Lines to print when the program is ready, for people at a terminal. Never called for anything that is logged. */
  readonly ready?: (notice: ReadyNotice) => readonly string[];
}

/** Any app, its types forgotten. */
// eslint-disable-next-line typescript/no-explicit-any -- an app's services are its own; here it only passes through
export type AnyApp = AppDefinition<any, any>;

/** Plinth's own settings, which every program has. */
export type BaseConfig = ValuesOf<BaseTree>;
