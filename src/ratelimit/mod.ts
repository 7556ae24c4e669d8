export { type LockTimeout, lockTimeouts } from "./channels.ts";
export type { LimitMeter, LimitPolicy, LimitStore } from "./contract.ts";
export { errors } from "./errors.ts";
export { type LimitKey, type RateOptions, rate } from "./rate.ts";
export { type SharedStoreOptions, openSharedStore } from "./shared-store.ts";
