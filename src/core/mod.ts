export { type NetworkOptions, canonicalAddress, networkOf } from "./address.ts";
export { type AddressSet, createAddressSet, isAddressEntry } from "./address-set.ts";
export { type Channel, openTypedChannel } from "./channel.ts";
export { type Clock, type Timer, delay, systemClock } from "./clock.ts";
export { type Context, callInContext, currentContext, runInContext } from "./context.ts";
export { type Duration, formatDuration, isDuration, parseDuration } from "./duration.ts";
export {
  type ErrorCatalogue,
  type ErrorCode,
  type ErrorDefinition,
  type ErrorExtras,
  type ErrorFactory,
  type Fault,
  PlinthError,
  type PlinthErrorOptions,
  defineErrors,
  isPlinthError,
  toError,
} from "./error.ts";
export { errors } from "./errors.ts";
export { HostMap, hostnameOf, isHostPattern } from "./host-map.ts";
export type { Finding, Severity } from "./finding.ts";
export { createId, isId } from "./id.ts";
export { type CheckResult, type Service, ServiceGroup, type ServiceGroupOptions, isService } from "./lifecycle.ts";
export { type Rate, type RateValue, isRate, parseRate } from "./rate.ts";
export { MASK, Secret, isSecret } from "./secret.ts";
export {
  type ActionInput,
  type ServiceAction,
  type ServiceActions,
  actionsOf,
  optionalCount,
  optionalDuration,
  optionalText,
  requiredText,
} from "./service-action.ts";
export { lockWord, unlockWord } from "./shared-lock.ts";
export { type LockRange, SegmentTable, type SharedMemory } from "./shared-memory.ts";
export { type Size, isSize, parseSize } from "./size.ts";
export { suggest } from "./suggest.ts";
export { THREAD_INDEX, declareThreadCount, threadCount } from "./thread-index.ts";
export {
  type TraceContext,
  type Traceparent,
  createSpanId,
  createTraceId,
  formatTraceparent,
  parseTraceparent,
  parseTracestate,
  startTrace,
} from "./trace-context.ts";
