import { type ConfigSource, ConfigWatch, type LiveConfig, configPlaces } from "../../config/mod.ts";
import type { Clock, Secret } from "../../core/mod.ts";
import type { Route } from "../../http/mod.ts";
import type { Logger, LogSink } from "../../log/contract.ts";
import type { Readiness } from "../admin.ts";
import type { Broadcast } from "../broadcast.ts";
import type { AnyApp, BaseConfig } from "../contract.ts";
import { type SettingsOptions, loadOptions } from "../settings.ts";
import { createActionMaker } from "./action.ts";
import { configActions } from "./config-actions.ts";
import { logActions } from "./log-actions.ts";
import { LogControl } from "./log-control.ts";
import { MAINTENANCE_DEFAULTS, maintenanceActions } from "./maintenance-actions.ts";
import { MaintenanceControl } from "./maintenance-control.ts";
import { createOperatorRule } from "./operator-rule.ts";
import { type ReloadReport, Reloader } from "./reloader.ts";
import type { ServiceOrder } from "../service-actions.ts";
import { serviceActions } from "./service-actions.ts";
import { statusAction } from "./status-action.ts";

export interface OperationsOptions {
  readonly app: AnyApp;
  readonly settings: SettingsOptions;
  readonly source: ConfigSource<unknown>;
  readonly appKeys: readonly Secret[];
  readonly broadcast: Broadcast;
  readonly log: Logger;
  readonly sink: LogSink;
  readonly clock: Clock;
  readonly readiness: () => Promise<Readiness>;
  /** Has a service do what an operator wants, where the services are. */
  readonly act: (order: ServiceOrder) => Promise<object>;
  /** What is served, `GET /files/:id`; empty while that is not known. */
  readonly routes: () => readonly string[];
}

/** What can be done to a running program from outside, and what watches over its configuration. */
export interface Operations {
  /** Routes of the admin server. */
  readonly actions: readonly Route[];
  /** Loads the configuration again and opens log files anew. Never rejects for what is wrong with the configuration. */
  reload(reason: string): Promise<ReloadReport>;
  /** The configuration as it was published last. */
  follow(live: LiveConfig<BaseConfig>): void;
  close(): void;
}

/** @throws E_SECURITY_KEY_SHORT, E_SECURITY_KEY_WEAK */
export function createOperations(options: OperationsOptions): Operations {
  const { app, source, appKeys, broadcast, clock, readiness, routes, sink } = options;
  const config = source.current.values as BaseConfig;
  // What operators do is on record, whatever the log level is.
  const log = options.log.child({});
  log.level = "info";
  const control = new LogControl({ level: config.logLevel, broadcast, clock, log });
  const maintenance = new MaintenanceControl(broadcast, clock);
  if (config.maintenance) maintenance.begin(MAINTENANCE_DEFAULTS);
  const reloader = new Reloader({ source, broadcast, clock, log, details: options.log });
  const watch = config.configWatch ? watchFiles(options, reloader, log) : undefined;
  const operators = createOperatorRule({ appKeys, clock, log });
  const action = createActionMaker({ operators, log });
  const reload = (reason: string): Promise<ReloadReport> => {
    sink.reopen?.();
    watch?.refresh();
    return reloader.reload(reason);
  };
  const { name, version = "0.0.0" } = app;
  return {
    actions: [
      statusAction(action, {
        name,
        version,
        environment: config.environment,
        readiness,
        maintenance: () => maintenance.status.on,
        clock,
      }),
      ...logActions(action, control, routes),
      ...maintenanceActions(action, maintenance, routes),
      ...serviceActions(action, options.act),
      ...configActions(action, { status: () => reloader.status, reload }),
    ],
    reload,
    follow: (live) =>
      void live.onChange(
        ({ logLevel }) => logLevel,
        (level) => control.configure(level),
      ),
    close: () => watch?.close(),
  };
}

function watchFiles({ app, settings, source, clock }: OperationsOptions, reloader: Reloader, log: Logger): ConfigWatch {
  const { environment } = source.current;
  return new ConfigWatch({
    places: () => configPlaces({ ...loadOptions(app, settings), environment }),
    onChange: () => void reloader.reload("a file changed"),
    onError: (reason) =>
      log.warn({ reason }, "changes of the configuration may not be seen: use SIGHUP or `plinth config reload`"),
    clock,
  });
}
