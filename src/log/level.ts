import type { LogLevel, LogThreshold } from "./contract.ts";
import { errors } from "./errors.ts";

/** Gravity by level, with pino's numbers. */
export const GRAVITY: Readonly<Record<LogThreshold, number>> = Object.freeze({
  trace: 10,
  debug: 20,
  info: 30,
  warn: 40,
  error: 50,
  fatal: 60,
  silent: Infinity,
});

/** The level itself. @throws E_LOG_LEVEL_INVALID when it is none: it may come from outside the type checker's view */
export function checkLevel<Level extends LogLevel | LogThreshold>(level: Level): Level {
  if (!Object.hasOwn(GRAVITY, level)) throw errors.LEVEL_INVALID({ level });
  return level;
}
