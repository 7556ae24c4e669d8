import { randomInt } from "node:crypto";
import { isPlinthError } from "../core/mod.ts";
import { type Redis, type RedisScript, errors as redisErrors } from "../redis/mod.ts";
import { ATTACH, INVALIDATE, READ, RELEASE, RENEW, REPLACE, WRITE } from "./redis-scripts.ts";
import type {
  CacheStore,
  InvalidationTarget,
  LeaseRequest,
  ReadValue,
  StoreInspection,
  StoreKey,
  StoreListener,
  StoreReading,
  StoreStamp,
  StoreWrite,
} from "./store-contract.ts";
import { parseTarget, targetName } from "./target.ts";

export interface RedisStoreOptions {
  readonly redis: Redis;
  /** Caches of one name share what they hold. */
  readonly name: string;
  /** Milliseconds for each answer. */
  readonly timeout: number;
  /** How many invalidations of tags and namespaces are remembered one by one. Default 50,000 (about 6 MB). */
  readonly marks?: number;
}

const DEFAULT_MARKS = 50_000;
const INC_LIMIT = 2 ** 47;

/** What travels on the channel: who says it, and which targets were invalidated or which value has arrived. */
interface News {
  readonly from: string;
  readonly invalidated?: readonly string[];
  readonly settled?: readonly [namespace: string, version: string, id: string];
}

/**
 * Keeps values in Redis 6 or later. A value is a hash, `<prefix>cache:<name>:v:<namespace>:<version>:<key>`; beside it live a lease (`l:…`)
 * while it is made and a mark (`k:…`) after it was deleted or set, and for the whole cache one sorted set (`state`). Every key has a time to live.
 */
export class RedisStore implements CacheStore {
  readonly name: string;
  readonly #redis: Redis;
  readonly #timeout: number;
  readonly #marks: number;
  readonly #base: string;
  readonly #channel: string;
  #origin = "";
  #run = "";

  constructor(options: RedisStoreOptions) {
    this.#redis = options.redis;
    this.#timeout = options.timeout;
    this.#marks = options.marks ?? DEFAULT_MARKS;
    this.#base = `${options.redis.prefix}cache:${options.name}:`;
    this.#channel = `${this.#base}news`;
    this.name = `cache store ${options.name}`;
  }

  async attach(origin: string): Promise<void> {
    this.#origin = origin;
    this.#run = await this.#runId();
    await this.#call(ATTACH, [], []);
  }

  /** A server that was restarted, or a replica that took over, may have lost the last invalidations: it has another id. */
  async #runId(): Promise<string> {
    try {
      const info = await this.#redis.command<string>(["INFO", "server"], { timeout: this.#timeout });
      return /^run_id:(\S+)/m.exec(info)?.[1] ?? "";
    } catch (error) {
      // A user who may not ask: then a restart that lost invalidations is noticed only when the data were lost too.
      if (isPlinthError(error, redisErrors.REPLY_ERROR.code)) return "";
      throw error;
    }
  }

  async read(key: StoreKey, lease?: LeaseRequest): Promise<StoreReading> {
    const words = [lease?.token ?? "", lease?.milliseconds ?? 0, key.namespace];
    const [found, granted, inc, n, ...value] = await this.#call<ReadReply>(READ, this.#keysOf(key), words, true);
    const outcome = String(granted) as StoreReading["lease"];
    const read = value.length === 0 ? undefined : toValue(value);
    return { value: read, stamp: String(found) === "fresh" ? undefined : `${String(inc)} ${String(n)}`, lease: outcome };
  }

  async write(key: StoreKey, write: StoreWrite, made: { readonly stamp: StoreStamp; readonly token?: string }): Promise<boolean> {
    const [inc = "", n = ""] = made.stamp.split(" ");
    const words = [made.token ?? "", inc, n, this.#channel, this.#settled(key), ...valueWords(key, write)];
    return (await this.#call<number>(WRITE, this.#keysOf(key), words)) === 1;
  }

  async replace(key: StoreKey, write: StoreWrite): Promise<void> {
    const changed = this.#say({ invalidated: [targetName({ kind: "key", namespace: key.namespace, id: key.id })] });
    const words = [this.#channel, changed, this.#settled(key), ...valueWords(key, write)];
    await this.#call(REPLACE, this.#keysOf(key), words);
  }

  async release(key: StoreKey, token: string): Promise<void> {
    await this.#call(RELEASE, [this.#leaseOf(key)], [token, this.#channel, this.#settled(key)]);
  }

  async renew(key: StoreKey, lease: LeaseRequest): Promise<boolean> {
    return (await this.#call<number>(RENEW, [this.#leaseOf(key)], [lease.token, lease.milliseconds])) === 1;
  }

  async invalidate(targets: readonly InvalidationTarget[]): Promise<void> {
    const keys = targets.filter((target) => target.kind === "key");
    const others = targets.filter((target) => target.kind !== "key").map(targetName);
    const news = this.#say({ invalidated: targets.map(targetName) });
    const words = [this.#channel, news, this.#marks, ...keys.map(({ namespace }) => namespace), ...others];
    const marks = keys.map((target) => `${this.#base}${targetName(target)}`);
    await this.#call(INVALIDATE, marks, words);
  }

  async inspect(key: StoreKey): Promise<StoreInspection> {
    const [, , lease = ""] = this.#keysOf(key).slice(0, 3);
    const timeout = this.#timeout;
    const [reading, exists, holder] = await Promise.all([
      this.read(key),
      this.#redis.command<number>(["EXISTS", this.#valueOf(key)], { timeout }),
      this.#redis.command<string | null>(["GET", lease], { timeout }),
    ]);
    const { value } = reading;
    return { value, invalid: value === undefined && exists === 1, leaseHolder: holder?.replace(/ w$/, "") };
  }

  async listen(listener: StoreListener): Promise<() => Promise<void>> {
    const forget = [
      this.#redis.onGap(() => listener.gap()),
      this.#redis.onState((state) => {
        if (state === "ready") listener.ready();
      }),
    ];
    const leave = await this.#redis.subscribe(this.#channel, (message) => this.#hear(message, listener));
    return async () => {
      for (const end of forget) end();
      await leave();
    };
  }

  #hear(message: string, listener: StoreListener): void {
    const { from, invalidated, settled } = JSON.parse(message) as News;
    // The threads of this process share their memory of invalidations: they knew before the store did.
    if (invalidated !== undefined && from !== this.#origin) listener.invalidated(invalidated.map(parseTarget));
    if (settled !== undefined) listener.settled({ namespace: settled[0], version: settled[1], id: settled[2] });
  }

  #say(news: Omit<News, "from">): string {
    return JSON.stringify({ from: this.#origin, ...news } satisfies News);
  }

  #settled({ namespace, version, id }: StoreKey): string {
    return this.#say({ settled: [namespace, version, id] });
  }

  #valueOf({ namespace, version, id }: StoreKey): string {
    return `${this.#base}v:${namespace}:${version}:${id}`;
  }

  #leaseOf({ namespace, version, id }: StoreKey): string {
    return `${this.#base}l:${namespace}:${version}:${id}`;
  }

  #keysOf(key: StoreKey): readonly string[] {
    return [this.#valueOf(key), `${this.#base}k:${key.namespace}:${key.id}`, this.#leaseOf(key)];
  }

  #call<Reply>(
    script: RedisScript,
    keys: readonly string[],
    words: readonly (string | number | Uint8Array)[],
    bytes = false,
  ): Promise<Reply> {
    const fresh = randomInt(1, INC_LIMIT);
    const options = { timeout: this.#timeout, bytes };
    return this.#redis.script<Reply>(script, [`${this.#base}state`, ...keys], [fresh, this.#run, ...words], options);
  }
}

type ReadReply = readonly [found: Buffer, lease: Buffer, inc: Buffer, n: Buffer, ...value: ValueReply | []];
type ValueReply = readonly [number, number, tags: Buffer, createdAt: Buffer, negative: Buffer, payload: Buffer];

function toValue([freshFor, staleFor, tags, createdAt, negative, payload]: ValueReply): ReadValue {
  return {
    payload,
    negative: String(negative) === "1",
    tags: tags.length === 0 ? [] : String(tags).split("\n"),
    createdAt: Number(createdAt),
    freshFor,
    staleFor,
  };
}

function valueWords(key: StoreKey, { value, freshFor, staleFor }: StoreWrite): readonly (string | number | Uint8Array)[] {
  const whole = Math.max(1, Math.ceil(staleFor));
  const fresh = Math.min(whole, Math.ceil(freshFor));
  return [key.namespace, fresh, whole, value.tags.join("\n"), value.createdAt, value.negative ? 1 : 0, value.payload];
}
