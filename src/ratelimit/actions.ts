import type { Duration, ServiceActions } from "../core/mod.ts";
import { errors } from "./errors.ts";
import type { BanOptions, Limits } from "./limits.ts";

type Input = Readonly<Record<string, unknown>>;

/** What operators may do by `plinth limits <name>`. */
export function createActions(limits: Omit<Limits, "actions">): ServiceActions {
  const listed = (): object => ({ entries: limits.access() });
  const ban = (input: Input): BanOptions => {
    const [span, reason] = [optional(input, "for"), optional(input, "reason")];
    return { ...(span === undefined ? {} : { for: span as Duration }), ...(reason === undefined ? {} : { reason }) };
  };
  return {
    show: {
      summary: "What every limit says of a key",
      run: async (input) => {
        const key = required(input, "key");
        const states = await limits.show(key, optional(input, "route"));
        return { key, states, degraded: limits.isDegraded };
      },
    },
    reset: {
      summary: "Forgets what a key has used",
      run: async (input) => {
        const [policy, route] = [optional(input, "policy"), optional(input, "route")];
        const options = { ...(policy === undefined ? {} : { policy }), ...(route === undefined ? {} : { route }) };
        return { policies: await limits.reset(required(input, "key"), options) };
      },
    },
    ban: {
      summary: "Answers 403 to an address, a network or a key",
      run: async (input) => {
        await limits.ban(required(input, "subject"), ban(input));
        return listed();
      },
    },
    allow: {
      summary: "Stops limiting an address, a network or a key",
      run: async (input) => {
        await limits.allow(required(input, "subject"), ban(input));
        return listed();
      },
    },
    unban: {
      summary: "Takes a ban or an allowance back",
      run: async (input) => {
        await limits.unban(required(input, "subject"));
        return listed();
      },
    },
    list: { summary: "Who is blocked and who is let through", run: listed },
    top: {
      summary: "The keys that this process has refused most",
      run: (input) => ({ offenders: limits.top(Number(optional(input, "most") ?? 20)) }),
    },
  };
}

/** @throws E_RATELIMIT_INPUT_INVALID */
function required(input: Input, name: string): string {
  const value = optional(input, name);
  if (value === undefined) throw errors.INPUT_INVALID({ name });
  return value;
}

/** @throws E_RATELIMIT_INPUT_INVALID */
function optional(input: Input, name: string): string | undefined {
  const value = input[name];
  if (value === undefined) return undefined;
  if (typeof value !== "string" || value === "") throw errors.INPUT_INVALID({ name });
  return value;
}
