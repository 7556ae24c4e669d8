export { type CommandFinished, type StateChanged, commandFinished, stateChanged } from "./channels.ts";
export type { CommandOptions, Redis, RedisScript, RedisState, RedisWord } from "./contract.ts";
export { type RedisOptions, createRedis } from "./create-redis.ts";
export { errors } from "./errors.ts";
export { defineScript } from "./script.ts";
