import type { RequestHandlerOptions } from "../http/mod.ts";
import type { BaseConfig } from "./contract.ts";

/** What Plinth's own settings say to the request handler. Settings that are not there leave its defaults. */
export function handlerSettings(config: Partial<BaseConfig>): Pick<RequestHandlerOptions, "shedding"> {
  const { loadShedding, loadSheddingTarget: target } = config;
  if (loadShedding === false) return { shedding: false };
  return target === undefined ? {} : { shedding: { target } };
}
