import {
  type AnyApp,
  type ProgramOptions,
  type RouteSurvey,
  baseOf,
  loadApp,
  loadSettings,
  resolveKeys,
  surveyRoutes,
} from "../../app/mod.ts";
import { type LoadedConfig, describeFault } from "../../config/mod.ts";
import { type Finding, isPlinthError, systemClock } from "../../core/mod.ts";
import { type SharedOptions, toProgramOptions } from "../options.ts";
import { type Sorted, examine, failure, sortOut } from "./examine.ts";
import { formatSorted } from "./format.ts";
import { machineChecks } from "./machine-checks.ts";
import { networkChecks } from "./network-checks.ts";
import { packageChecks } from "./package-checks.ts";
import { routeChecks } from "./route-checks.ts";
import { settingsChecks } from "./settings-checks.ts";
import { tlsChecks } from "./tls-checks.ts";

export interface DoctorOptions extends SharedOptions {
  readonly json?: boolean;
  /** Warnings count as faults. */
  readonly strict?: boolean;
}

const CHECKS = [...settingsChecks, ...networkChecks, ...tlsChecks, ...machineChecks, ...packageChecks];

/** `plinth doctor`: what is wrong, or will be, with the way this program is set up. Nothing is started; not ok when there is a fault. */
export async function doctor(options: DoctorOptions): Promise<{ readonly ok: boolean; readonly text: string }> {
  const programOptions = toProgramOptions(options);
  const app = await loadApp(programOptions.appUrl);
  const sorted = await diagnose(app, programOptions);
  const faults = sorted.findings.filter(
    ({ severity }) => severity === "error" || (options.strict === true && severity === "warning"),
  );
  const text = options.json === true ? `${JSON.stringify(sorted, null, 2)}\n` : formatSorted(sorted);
  return { ok: faults.length === 0, text };
}

async function diagnose(app: AnyApp, options: ProgramOptions): Promise<Sorted> {
  let loaded: LoadedConfig;
  try {
    loaded = await loadSettings(app, options);
  } catch (thrown) {
    if (!isPlinthError(thrown, "E_CONFIG_INVALID")) throw thrown;
    // All that comes after needs values.
    return sortOut(
      (thrown.faults ?? []).map((fault) => configFault(describeFault(fault))),
      [],
    );
  }
  const config = baseOf(loaded);
  const { environment } = loaded;
  const folder = options.folder ?? process.cwd();
  const subject = { config, loaded, environment, folder, clock: systemClock };
  const findings = await examine([...CHECKS, ...(app.checks ?? [])], subject);
  return sortOut([...findings, ...(await examineKeys(loaded)), ...(await examineRoutes(app, loaded))], config.doctorIgnore);
}

/** A root secret that would be generated is not made for a look. */
async function examineKeys(loaded: LoadedConfig): Promise<readonly Finding[]> {
  if (baseOf(loaded).appKey === undefined) return [];
  const thrown: unknown = await resolveKeys(loaded).then(
    () => undefined,
    (error: unknown) => error,
  );
  return isPlinthError(thrown) ? [configFault(thrown.message)] : [];
}

async function examineRoutes(app: AnyApp, loaded: LoadedConfig): Promise<readonly Finding[]> {
  let routes: readonly RouteSurvey[];
  try {
    routes = await surveyRoutes(app, loaded);
  } catch (thrown) {
    return [failure("the app's routes", thrown)];
  }
  return examine(routeChecks, routes);
}

function configFault(what: string): Finding {
  return {
    id: "config-invalid",
    severity: "error",
    what,
    why: "The program does not start with it.",
    todo: "Correct the value where it comes from; `plinth config explain` shows where that is.",
  };
}
