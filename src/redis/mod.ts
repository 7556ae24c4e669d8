export type { CommandOptions, Redis, RedisScript, RedisState, RedisWord } from "./contract.ts";
