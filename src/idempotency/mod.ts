export { type IdempotencyDecided, type IdempotencyOutcome, idempotencyDecided } from "./channels.ts";
export { type CommitOptions, commitAnswer } from "./commit-answer.ts";
export type { Claim, ClaimOutcome, ClaimRequest, IdempotencyRecord, IdempotencyStore } from "./contract.ts";
export { errors } from "./errors.ts";
export { idempotent } from "./idempotent.ts";
export { createMemoryIdempotencyStore } from "./memory-store.ts";
export type { IdempotencyOptions } from "./settings.ts";
export { type IdempotencyStoreOptions, type SqlIdempotencyStore, createIdempotencyStore } from "./sql-store.ts";
export { idempotencyTable } from "./table.ts";
