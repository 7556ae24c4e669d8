import { type Clock, isPlinthError, parseDuration } from "../../core/mod.ts";
import type { AnyExchange } from "../../http/contract.ts";
import {
  type KeptAnswer,
  type PackedAnswer,
  type ReplayCall,
  type ReplayRoute,
  type WholeAnswer,
  type WholeProblem,
  packAnswer,
  unpackAnswer,
} from "../../http/mod.ts";
import type { Cache, CacheNamespace, FactoryContext } from "../contract.ts";
import { errors } from "../errors.ts";
import { type Keeping, ageOf, keepingOf } from "./keepable.ts";
import { PassList } from "./pass-list.ts";
import type { ResponseCacheOptions } from "./response-cache-options.ts";
import { responseKey } from "./response-key.ts";

/** An answer as the cache keeps it. */
interface StoredResponse extends PackedAnswer {
  /** When it was made, milliseconds since 1970. */
  readonly at: number;
  /** How old it was by then, in seconds, if another cache had kept it before. */
  readonly age?: number;
  /** It is not for keeping: whoever waited makes one for itself. */
  readonly passed?: true;
}

/** One namespace for the answers of all routes: keys begin with the route. */
const namespaces = new WeakMap<Cache, CacheNamespace<StoredResponse>>();

function namespaceOf(cache: Cache): CacheNamespace<StoredResponse> {
  let namespace = namespaces.get(cache);
  if (namespace === undefined) {
    // The values are only read here, so nobody needs a copy.
    namespace = cache.namespace<StoredResponse>("http", { version: 1, ttl: "1m", copy: "never" });
    namespaces.set(cache, namespace);
  }
  return namespace;
}

/** The one who made an answer for others went away, and its handler with it. */
const LEFT: Error = new Error("The caller for whom an answer was made has left.");
/** After this often a caller makes its answer by itself. */
const ROUNDS = 3;

/** The answers of one route. */
export class ResponseCache {
  readonly #options: ResponseCacheOptions;
  readonly #route: ReplayRoute;
  readonly #clock: Clock;
  readonly #responses: CacheNamespace<StoredResponse>;
  readonly #passes: PassList;
  readonly #vary: readonly string[];
  readonly #varied: ReadonlySet<string>;
  readonly #hidden: readonly string[];
  readonly #unpacked = new WeakMap<StoredResponse, KeptAnswer>();

  constructor(options: ResponseCacheOptions, route: ReplayRoute, clock: Clock) {
    this.#options = options;
    this.#route = route;
    this.#clock = clock;
    this.#responses = namespaceOf(options.cache);
    this.#passes = new PassList(clock);
    this.#vary = (options.vary ?? []).map((name) => name.toLowerCase());
    this.#varied = new Set(this.#vary);
    const { by, sameForAll = false } = options;
    // What the handler may look at although it is not in the key.
    this.#hidden =
      by === "principal" || sameForAll ? [] : ["cookie", "authorization"].filter((name) => !this.#vary.includes(name));
  }

  decide(call: ReplayCall): undefined | Promise<KeptAnswer | undefined> {
    const { request } = call.c;
    if (this.#vary.length > 0) call.addHeader("vary", this.#vary.join(", "));
    if (this.#hidden.some((name) => request.headers[name] !== undefined)) return this.#say(call, "fwd=bypass");
    const key = this.#keyOf(call.c);
    const found = this.#responses.peek(key);
    if (found !== undefined && found.passed === undefined) return Promise.resolve(this.#serve(call, found, "hit"));
    if (this.#passes.has(key)) return this.#say(call, "fwd=bypass");
    // A handler may answer HEAD in another way than GET: it takes what is there, and leaves nothing.
    if (request.method === "HEAD") return this.#peekFurther(call, key);
    return this.#obtain(call, key);
  }

  #say(call: ReplayCall, what: string): undefined {
    call.addHeader("cache-status", `plinth; ${what}`);
  }

  #serve(call: ReplayCall, stored: StoredResponse, how: string): KeptAnswer {
    this.#say(call, how);
    const { at, age = 0 } = stored;
    call.addHeader("age", String(age + Math.max(0, Math.floor((this.#clock.now() - at) / 1_000))));
    let kept = this.#unpacked.get(stored);
    if (kept === undefined) this.#unpacked.set(stored, (kept = unpackAnswer(stored)));
    return kept;
  }

  async #peekFurther(call: ReplayCall, key: string): Promise<KeptAnswer | undefined> {
    const found = await this.#responses.get(key);
    return found === undefined || found.passed === true ? this.#say(call, "fwd=miss") : this.#serve(call, found, "hit");
  }

  async #obtain(call: ReplayCall, key: string): Promise<KeptAnswer | undefined> {
    const { ttl, grace = "0ms" } = this.#options;
    const began = this.#clock.now();
    for (let round = 0; round < ROUNDS; round += 1) {
      const making = new Making(call);
      try {
        const stored = await this.#responses.getOrSet(key, (context) => this.#make(making, key, context), { ttl, grace });
        if (making.kept !== undefined) {
          this.#say(call, stored.passed === true ? "fwd=miss" : "fwd=miss; stored");
          return making.kept?.kind === "problem" ? making.kept : undefined;
        }
        if (stored.passed === true) return this.#say(call, "fwd=bypass");
        return this.#serve(call, stored, stored.at < began ? "hit" : "fwd=miss; collapsed");
      } catch (thrown) {
        if (making.thrown !== undefined) throw making.thrown.error;
        if (thrown === LEFT) continue;
        // The cache's own trouble is nobody else's.
        if (!isPlinthError(thrown) || !thrown.code.startsWith("E_CACHE_")) throw thrown;
        call.c.log.warn({ error: thrown, route: this.#route.path }, "an answer was made without the cache");
        return undefined;
      }
    }
    return this.#say(call, "fwd=bypass");
  }

  async #make(making: Making, key: string, context: FactoryContext): Promise<StoredResponse> {
    const { call } = making;
    const at = this.#clock.now();
    let kept: KeptAnswer | null;
    try {
      kept = await this.#run(making, context);
    } catch (thrown) {
      const { signal } = call.c;
      making.thrown = { error: thrown };
      throw signal.aborted ? LEFT : thrown;
    }
    making.kept = kept;
    if (kept !== null) {
      const age = kept.kind === "answer" ? ageOf(kept.headers) : 0;
      return { ...packAnswer(kept), at, ...(age === 0 ? {} : { age }) };
    }
    this.#passes.add(key);
    context.skip();
    return { status: 0, head: "", body: null, at, passed: true };
  }

  /** @returns null for what must not be kept */
  async #run({ call }: Making, context: FactoryContext): Promise<KeptAnswer | null> {
    const { negative } = this.#options;
    let answer: WholeAnswer | null;
    try {
      answer = await call.run();
    } catch (thrown) {
      const problem = call.problemOf(thrown);
      if (negative === undefined || problem?.status !== 404 || this.#keepingOf(headersOf(problem)) === null) throw thrown;
      context.setTtl(negative);
      context.setTags(this.#tagsOf(call.c, undefined));
      return problem;
    }
    if (answer === null || !this.#isKeepable(answer, context)) return null;
    context.setTags(this.#tagsOf(call.c, answer));
    return answer;
  }

  #isKeepable(answer: WholeAnswer, context: FactoryContext): boolean {
    const { ttl, grace = "0ms", negative } = this.#options;
    const life = answer.status === 200 ? ttl : answer.status === 404 ? negative : undefined;
    const keeping = life === undefined ? null : this.#keepingOf(answer.headers);
    if (life === undefined || keeping === null) return false;
    if (keeping.strict && parseDuration(grace) > 0) return false;
    const seconds = Math.min(keeping.seconds, parseDuration(life) / 1_000);
    context.setTtl(`${Math.floor(seconds * 1_000)}ms`);
    return true;
  }

  #keepingOf(headers: readonly string[]): Keeping | null {
    return keepingOf(headers, { audience: this.#options.by, varied: this.#varied, now: this.#clock.now() });
  }

  #tagsOf(c: AnyExchange, answer: WholeAnswer | undefined): readonly string[] {
    const { tags = [] } = this.#options;
    const own = typeof tags === "function" ? tags(c) : tags;
    const at = answer?.headers.indexOf("cache-tag") ?? -1;
    const said = at === -1 ? "" : (answer?.headers[at + 1] ?? "");
    return [...own, ...said.split(",").map((tag) => tag.trim())].filter((tag) => tag !== "");
  }

  /** @throws E_CACHE_RESPONSE_PRINCIPAL */
  #keyOf(c: AnyExchange): string {
    const { by, key } = this.#options;
    const parts = this.#vary.map((name) => c.request.headers[name] ?? "");
    parts.push(by === "principal" ? `by ${this.#principalOf(c)}` : "public", key === undefined ? "" : key(c));
    return responseKey(this.#route, c.request, parts);
  }

  #principalOf({ principal }: AnyExchange): string {
    const id = (principal as { readonly id?: unknown } | null | undefined)?.id;
    if (typeof id === "string" && id !== "") return id;
    throw errors.RESPONSE_PRINCIPAL({ route: `${this.#route.method} ${this.#route.path}` });
  }
}

/** What an error has its answer say. Flat, names in lower case. */
function headersOf({ headers = {} }: WholeProblem): readonly string[] {
  return Object.entries(headers).flatMap(([name, value]) => [name.toLowerCase(), value]);
}

/** What became of the handler of one call, if it was its turn to make the answer for all. */
class Making {
  readonly call: ReplayCall;
  /** What the handler answered; null for what must not be kept. */
  kept: KeptAnswer | null | undefined = undefined;
  thrown: { readonly error: unknown } | undefined = undefined;

  constructor(call: ReplayCall) {
    this.call = call;
  }
}
