import { type ErrorCatalogue, defineErrors } from "../core/mod.ts";

interface Details {
  RULE_INVALID: { rule: string; reason: string };
  TABLE_INVALID: { entries: number };
  THREAD_INVALID: { threadIndex: number };
  PRINCIPAL_MISSING: { rule: string; route: string };
  KEY_INVALID: { rule: string; from: string };
  COST_INVALID: { rule: string; cost: number; most: number };
  LIMITS_INVALID: object;
  STORE_FAILED: { store: string; reason: string };
  SUBJECT_INVALID: { subject: string; reason: string };
  ACCESS_FULL: { entries: number };
  POLICY_UNKNOWN: { policy: string };
}

/** The errors of the rate limit room. */
export const errors: ErrorCatalogue<Details> = defineErrors<Details>("ratelimit", {
  RULE_INVALID: {
    title: "Invalid rate limit",
    message: (d) => `The rate limit "${d.rule}" cannot work: ${d.reason}.`,
  },
  TABLE_INVALID: {
    title: "Invalid rate limit table",
    message: (d) => `A rate limit table cannot have ${d.entries} entries. Give a power of two from 8 to 16777216.`,
  },
  THREAD_INVALID: {
    title: "Invalid thread index",
    message: (d) => `${d.threadIndex} is no thread index. Give a whole number from 0 to 2147483646 that no other thread uses.`,
  },
  PRINCIPAL_MISSING: {
    title: "Rate limit without a principal",
    message: (d) =>
      `The rate limit "${d.rule}" counts by principal, but ${d.route} was called by none that has an \`id\`. Give the route an \`auth\` rule, or count by address.`,
  },
  KEY_INVALID: {
    title: "Rate limit without a key",
    message: (d) => `The rate limit "${d.rule}" got no key from ${d.from}. Give a text that is not empty.`,
  },
  COST_INVALID: {
    title: "Invalid cost",
    message: (d) =>
      `The limit "${d.rule}" was to take ${d.cost} units for a call. Give a whole number from 1 to ${d.most}, or 0 for a call that takes nothing.`,
  },
  LIMITS_INVALID: {
    title: "Invalid limits",
    message: () =>
      "What the app hands over as `limits` was not made by `createLimits`, or has not been started. Return it from `services` too, so that it is started with them.",
  },
  STORE_FAILED: {
    status: 503,
    title: "Limit store failed",
    message: (d) => `The limits in ${d.store} cannot be reached: ${d.reason}. Try again soon.`,
  },
  SUBJECT_INVALID: {
    status: 400,
    title: "Invalid subject",
    message: (d) => `"${d.subject}" cannot be blocked or let through: ${d.reason}.`,
  },
  ACCESS_FULL: {
    status: 409,
    title: "Access list full",
    message: (d) =>
      `The list of who is blocked and let through has ${d.entries} entries and no room for more. Remove some, or block networks.`,
  },
  POLICY_UNKNOWN: {
    status: 404,
    title: "Unknown limit",
    message: (d) => `No limit is named "${d.policy}" here.`,
  },
});
