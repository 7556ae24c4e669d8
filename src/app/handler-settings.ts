import type { RequestHandlerOptions } from "../http/mod.ts";
import type { BaseConfig } from "./contract.ts";

type Settings = Pick<RequestHandlerOptions, "shedding" | "serverTiming">;

/** What Plinth's own settings say to the request handler. Settings that are not there leave its defaults. */
export function handlerSettings(config: Partial<BaseConfig>): Settings {
  const { loadShedding, loadSheddingTarget: target, serverTiming = "off", serverTimingSecret } = config;
  return {
    ...(loadShedding === false ? { shedding: false } : target === undefined ? {} : { shedding: { target } }),
    serverTiming: serverTiming === "always" ? "always" : (serverTimingSecret ?? "off"),
  };
}
