import {
  type ActionInput,
  type ServiceActions,
  optionalCount,
  optionalDuration,
  optionalText,
  requiredText,
} from "../core/mod.ts";
import type { BanOptions, Limits } from "./limits.ts";

/** What operators may do by `plinth limits <name>`. */
export function createActions(limits: Omit<Limits, "actions">): ServiceActions {
  const listed = (): object => ({ entries: limits.access() });
  const ban = (input: ActionInput): BanOptions => {
    const [span, reason] = [optionalDuration(input, "for"), optionalText(input, "reason")];
    return { ...(span === undefined ? {} : { for: span }), ...(reason === undefined ? {} : { reason }) };
  };
  return {
    show: {
      summary: "What every limit says of a key",
      run: async (input) => {
        const key = requiredText(input, "key");
        const states = await limits.show(key, optionalText(input, "route"));
        return { key, access: limits.accessOf(key), states, degraded: limits.isDegraded };
      },
    },
    reset: {
      summary: "Forgets what a key has used",
      run: async (input) => {
        const [policy, route] = [optionalText(input, "policy"), optionalText(input, "route")];
        const options = { ...(policy === undefined ? {} : { policy }), ...(route === undefined ? {} : { route }) };
        return { policies: await limits.reset(requiredText(input, "key"), options) };
      },
    },
    ban: {
      summary: "Answers 403 to an address, a network or a key",
      run: async (input) => {
        await limits.ban(requiredText(input, "subject"), ban(input));
        return listed();
      },
    },
    allow: {
      summary: "Stops limiting an address, a network or a key",
      run: async (input) => {
        await limits.allow(requiredText(input, "subject"), ban(input));
        return listed();
      },
    },
    unban: {
      summary: "Takes a ban or an allowance back",
      run: async (input) => {
        await limits.unban(requiredText(input, "subject"));
        return listed();
      },
    },
    list: { summary: "Who is blocked and who is let through", run: listed },
    top: {
      summary: "The keys that this process has refused most",
      run: (input) => ({ offenders: limits.top(optionalCount(input, "most")) }),
    },
  };
}
