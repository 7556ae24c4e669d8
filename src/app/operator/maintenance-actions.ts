import { setting } from "../../config/mod.ts";
import type { Route } from "../../http/mod.ts";
import type { ActionMaker } from "./action.ts";
import type { MaintenanceControl, MaintenanceRequest } from "./maintenance-control.ts";
import { warnOfRoutes, withWarnings } from "./route-warnings.ts";

/** What holds when an operator, or the setting that starts a program in maintenance, says no more. */
export const MAINTENANCE_DEFAULTS: MaintenanceRequest = {
  message: "This service is down for maintenance and will be back soon.",
  retryAfter: "10m",
  allow: [],
};

const { message, retryAfter, allow } = MAINTENANCE_DEFAULTS;

/** Actions by which operators close the public port for a while. Each answers with what holds then. */
export function maintenanceActions(
  action: ActionMaker,
  control: MaintenanceControl,
  routes: () => readonly string[],
): readonly Route[] {
  const path = "/-/maintenance";
  return [
    action({ method: "GET", path, summary: "Whether the program is under maintenance", run: () => control.status }),
    action({
      method: "PUT",
      path,
      summary: "Begins a maintenance, or changes it",
      input: {
        message: setting.text({ default: message }),
        retryAfter: setting.duration({ default: retryAfter }),
        allow: setting.list(setting.text(), { default: allow as string[] }),
      },
      run: ({ input }) => withWarnings(control.begin(input), warnOfRoutes(input.allow, routes())),
    }),
    action({ method: "DELETE", path, summary: "Ends the maintenance", run: () => control.end() }),
  ];
}
