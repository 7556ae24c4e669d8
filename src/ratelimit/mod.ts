export type { AccessEntry } from "./access-list.ts";
export {
  type LimitDegraded,
  type LimitRefused,
  type LockTimeout,
  type StoreChanged,
  limitDegraded,
  limitRefused,
  lockTimeouts,
  storeChanged,
} from "./channels.ts";
export type { CountedBy, LimitKey } from "./caller-key.ts";
export type {
  CalendarUnit,
  DegradeMode,
  LimitDraw,
  LimitMeter,
  LimitPolicy,
  LimitReading,
  LimitStore,
  QuotaPolicy,
  RatePolicy,
} from "./contract.ts";
export { createLimits } from "./create-limits.ts";
export { errors } from "./errors.ts";
export type { BanOptions, LimitState, Limits, LimitsOptions, ResetOptions, RuleMeter } from "./limits.ts";
export type { Offender } from "./offender-table.ts";
export { type Quota, type QuotaOptions, quota } from "./quota.ts";
export { type RateOptions, rate } from "./rate.ts";
export type { CountedRule, LimitCost, LimitOptions } from "./rule.ts";
export { limitTable } from "./sql-table.ts";
