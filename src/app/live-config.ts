import { type LiveConfig, LiveValues } from "../config/mod.ts";
import type { Logger } from "../log/contract.ts";
import type { BaseConfig } from "./contract.ts";
import { type Broadcast, type Topic, defineTopic } from "./broadcast.ts";
import { packValues, unpackValues } from "./threads/transfer.ts";

/** The values of the configuration, packed for the way between threads. */
const configTopic: Topic<unknown> = defineTopic("config");

/** Tells all threads what the configuration is now. */
export function publishConfig(broadcast: Broadcast, values: object): void {
  broadcast.publish(configTopic, packValues(values));
}

/** The configuration as it was published last, and as it will be. */
export function followConfig(broadcast: Broadcast, log: Logger): LiveConfig<BaseConfig> {
  // Nobody asks before something was published: the supervisor does so first of all.
  const live = new LiveValues<BaseConfig>({} as BaseConfig, (error) =>
    log.error({ error }, "a listener of the configuration failed"),
  );
  broadcast.subscribe(configTopic, (packed) => live.replace(unpackValues(packed) as BaseConfig));
  return live;
}

/** A configuration that stays as it is: for listings and for apps in a test. */
export function fixedConfig<Values extends object>(values: Values): LiveConfig<Values> {
  return { current: values, onChange: () => () => undefined };
}
