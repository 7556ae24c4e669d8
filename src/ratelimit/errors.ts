import { type ErrorCatalogue, defineErrors } from "../core/mod.ts";

interface Details {
  RULE_INVALID: { rule: string; reason: string };
  TABLE_INVALID: { entries: number };
  THREAD_INVALID: { threadIndex: number };
  PRINCIPAL_MISSING: { rule: string; route: string };
  KEY_INVALID: { rule: string; route: string };
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
    message: (d) =>
      `The function that names the callers of the rate limit "${d.rule}" gave no text for ${d.route}. Return a string that is not empty.`,
  },
});
