import { setting } from "../../config/mod.ts";
import type { Route } from "../../http/mod.ts";
import type { ActionMaker } from "./action.ts";
import type { LogControl } from "./log-control.ts";
import { warnOfRoutes, withWarnings } from "./route-warnings.ts";

const lasting = setting.duration({ default: "10m" });
// A level is one of the configured kind, but must be said.
const level = setting.choice(["trace", "debug", "info", "warn", "error", "fatal", "silent"]);
const part = setting.text({ optional: true });

/** Actions by which operators look at what is logged, and change it for a time. Each answers with what holds then. */
export function logActions(action: ActionMaker, control: LogControl, routes: () => readonly string[]): readonly Route[] {
  return [
    action({ method: "GET", path: "/-/log", summary: "What is logged", run: () => control.status }),
    action({
      method: "PUT",
      path: "/-/log/level",
      summary: "Sets the log level of all threads for a time",
      input: { level, for: lasting },
      run({ input }) {
        control.setLevel(input.level, input.for);
        return control.status;
      },
    }),
    action({
      method: "POST",
      path: "/-/log/scopes",
      summary: "Logs some requests in detail for a time",
      input: {
        route: part,
        principal: part,
        requestId: part,
        address: part,
        level: setting.choice(["debug", "trace"], { default: "debug" }),
        for: lasting,
      },
      run({ input: { for: time, ...scope } }) {
        control.addScope(scope, time);
        // Jobs have names without a slash, which only their own threads know.
        const named = scope.route?.startsWith("/") === true ? [scope.route] : [];
        return withWarnings(control.status, warnOfRoutes(named, routes()));
      },
    }),
    action({
      method: "DELETE",
      path: "/-/log",
      summary: "Logs what is configured again",
      run() {
        control.reset();
        return control.status;
      },
    }),
  ];
}
