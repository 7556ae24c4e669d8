import type { Route } from "../../http/mod.ts";
import type { ActionMaker } from "./action.ts";
import type { ConfigStatus } from "./reloader.ts";

export interface ConfigActionSources {
  readonly status: () => ConfigStatus;
  readonly reload: (reason: string) => Promise<object>;
}

/** Actions by which operators have the configuration loaded again, and see what waits for a restart. */
export function configActions(action: ActionMaker, { status, reload }: ConfigActionSources): readonly Route[] {
  return [
    action({ method: "GET", path: "/-/config", summary: "What of the configuration waits for a restart", run: status }),
    action({
      method: "POST",
      path: "/-/config/reload",
      summary: "Loads the configuration again",
      run: ({ operator }) => reload(`operator ${operator.id}`),
    }),
  ];
}
