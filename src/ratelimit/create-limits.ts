import { type Clock, type ServiceActions, THREAD_INDEX, parseDuration, systemClock } from "../core/mod.ts";
import type { LimitDecision, LimitRule } from "../http/contract.ts";
import { AccessFollower } from "./access-follower.ts";
import { type AccessEntry, AccessList, type Statement, checkedReason, checkedSubject } from "./access-list.ts";
import { type AccessStore, openAccessStore } from "./access-store.ts";
import { createActions } from "./actions.ts";
import { registerBackend } from "./backend.ts";
import { ROUTE_END, isKey } from "./caller-key.ts";
import type { LimitDraw, LimitReading, LimitStore } from "./contract.ts";
import type { BanOptions, LimitState, Limits, LimitsOptions, ResetOptions, RuleMeter } from "./limits.ts";
import { errors } from "./errors.ts";
import { GuardedStore } from "./guarded-store.ts";
import { type Offender, OffenderTable } from "./offender-table.ts";
import { type CountedRule, checkCost } from "./rule.ts";
import { type SharedStore, openSharedStore } from "./shared-store.ts";
import type { SqlStore } from "./sql-store.ts";

const DEFAULT_TIMEOUT = 250;
const DEFAULT_TOP = 20;

/**
 * Says where the limits of an app count: in the memory of the process, or with `redis` or `db` on all machines together. Return it from `services`, so
 * that it is started with them, and name it as the app's `limits`.
 *
 * @throws E_RATELIMIT_SUBJECT_INVALID
 * @example
 * defineApp({
 *   name: "shop",
 *   services: ({ log, runtime }) => ({ limits: createLimits({ memory: runtime.memory, log }) }),
 *   limits: ({ limits }) => limits,
 * });
 */
export function createLimits<Schema = unknown>(options: LimitsOptions<Schema>): Limits {
  return new LimitService(options as LimitsOptions);
}

/** What there is once it is started. */
interface Opened {
  readonly store: LimitStore;
  readonly access: AccessList;
  /** Keeps that in step with other machines, if there are any. */
  readonly follower: AccessFollower | undefined;
  readonly offenders: OffenderTable;
  readonly guard: GuardedStore | undefined;
}

class LimitService implements Limits {
  readonly name: string;
  readonly dependsOn: readonly string[];
  readonly actions: ServiceActions;
  readonly #options: LimitsOptions;
  readonly #clock: Clock;
  readonly #fixed: readonly AccessEntry[];
  readonly #shared: AccessStore | undefined;
  readonly #rules = new Map<string, CountedRule>();
  #opened: Opened | undefined;
  #sql: SqlStore | undefined;

  constructor(options: LimitsOptions) {
    const { allow = [], block = [] } = options;
    this.name = options.name ?? "limits";
    const remote = options.redis ?? options.db;
    this.dependsOn = remote === undefined ? [] : [remote.name];
    this.actions = createActions(this);
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    const fix =
      (verdict: AccessEntry["verdict"]) =>
      (subject: string): AccessEntry => ({
        subject: checkedSubject(subject),
        verdict,
        until: null,
        reason: "configured",
      });
    this.#fixed = [...allow.map(fix("allow")), ...block.map(fix("block"))];
    this.#shared = openAccessStore(options, () => this.#clock.now());
  }

  get isDegraded(): boolean {
    return this.#opened?.guard?.isDown ?? false;
  }

  async start(): Promise<void> {
    const { memory, entries } = this.#options;
    const clock = this.#clock;
    const local = await openSharedStore({ memory, clock, ...(entries === undefined ? {} : { entries }) });
    const owner = THREAD_INDEX + 1;
    const access = await AccessList.open({ memory, owner, clock, fixed: this.#fixed });
    const offenders = await OffenderTable.open(memory, owner, clock);
    const guarded = await this.#guard(local);
    const { log } = this.#options;
    const follower = this.#shared && new AccessFollower({ list: access, store: this.#shared, clock, log });
    this.#opened = { store: guarded ?? local, access, follower, offenders, guard: guarded };
    registerBackend(this, { ...this.#opened, opened: (rule) => void this.#rules.set(rule.name, rule) });
    await follower?.follow();
  }

  /** The store of all machines, if there is one, and what stands in for it. */
  async #guard(local: SharedStore): Promise<GuardedStore | undefined> {
    const { redis, db, prefix, table, timeout = DEFAULT_TIMEOUT, log } = this.#options;
    const shared = { local, clock: this.#clock, log };
    // Stores are loaded only now: an app that counts in memory is spared their libraries.
    if (redis !== undefined) {
      const { createRedisStore } = await import("./redis-store.ts");
      const remote = createRedisStore({ redis, timeout, ...(prefix === undefined ? {} : { prefix }) });
      // The client sees to the time-out itself, with one timer instead of two.
      return new GuardedStore({ ...shared, name: "redis", remote, timeout: undefined });
    }
    if (db === undefined) return undefined;
    const own = { ...(table === undefined ? {} : { table }), ...(log === undefined ? {} : { log }) };
    const { createSqlStore } = await import("./sql-store.ts");
    this.#sql = createSqlStore({ db, clock: this.#clock, ...own });
    this.#sql.start();
    return new GuardedStore({ ...shared, name: "sql", remote: this.#sql, timeout });
  }

  stop(): void {
    this.#sql?.stop();
    this.#opened?.follower?.stop();
    this.#opened?.guard?.stop();
    this.#opened = undefined;
  }

  meter(rule: LimitRule): RuleMeter {
    const own = rule as CountedRule;
    const { policy, shadow, degrade } = own;
    this.#rules.set(rule.name, own);
    return {
      take: async (key, cost = 1) => {
        if (!isKey(key)) throw errors.KEY_INVALID({ rule: own.name, from: "whoever takes from its meter" });
        if (checkCost(own, cost) === 0) return PASSED;
        const draw: LimitDraw = { policy, key, cost, shadow, degrade };
        const [reading] = (await this.#running.store.takeAll([draw])) as readonly [LimitReading];
        if (!reading.allowed && reading.refusal === undefined) this.#running.offenders.count(own, key);
        return shadow ? PASSED : reading;
      },
    };
  }

  ban(subject: string, options: BanOptions = {}): Promise<void> {
    return this.#say(subject, "block", options);
  }

  allow(subject: string, options: BanOptions = {}): Promise<void> {
    return this.#say(subject, "allow", options);
  }

  async unban(text: string): Promise<void> {
    await this.#hold({ subject: checkedSubject(text), entry: null });
  }

  access(): readonly AccessEntry[] {
    const { access } = this.#running;
    return [...access.fixed, ...access.entries];
  }

  accessOf(key: string): AccessEntry | null {
    return this.#running.access.find(key);
  }

  async show(key: string, route = ""): Promise<readonly LimitState[]> {
    const draws = [...this.#rules.values()].map((rule) => this.#drawOf(rule, key, route));
    if (draws.length === 0) return [];
    const readings = await this.#running.store.peekAll(draws);
    return readings.map(({ allowed, remaining, resetSeconds }, index) => {
      return { policy: (draws[index] as LimitDraw).policy.name, allowed, remaining, resetSeconds };
    });
  }

  async reset(key: string, { policy, route = "" }: ResetOptions = {}): Promise<readonly string[]> {
    const rules = [...this.#rules.values()].filter(({ name }) => policy === undefined || name === policy);
    if (policy !== undefined && rules.length === 0) throw errors.POLICY_UNKNOWN({ policy });
    const { store } = this.#running;
    for (const rule of rules) await store.reset(rule.policy, this.#drawOf(rule, key, route).key);
    return rules.map(({ name }) => name);
  }

  top(most: number = DEFAULT_TOP): readonly Offender[] {
    return this.#running.offenders.top(most);
  }

  /** @throws E_RATELIMIT_LIMITS_INVALID before it is started */
  get #running(): Opened {
    if (this.#opened === undefined) throw errors.LIMITS_INVALID({});
    return this.#opened;
  }

  #drawOf({ policy, perRoute }: CountedRule, key: string, route: string): LimitDraw {
    return { policy, key: perRoute ? `${route}${ROUTE_END}${key}` : key, cost: 1 };
  }

  async #say(text: string, verdict: AccessEntry["verdict"], { for: span, reason = "" }: BanOptions): Promise<void> {
    const until = span === undefined ? null : this.#clock.now() + parseDuration(span);
    const subject = checkedSubject(text);
    await this.#hold({ subject, entry: { subject, verdict, until, reason: checkedReason(reason) } });
  }

  /** In this process at once, on other machines as soon as the store can be told. */
  async #hold(statement: Statement): Promise<void> {
    const { access, follower } = this.#running;
    // The memory of the process first: it says when there is no room.
    access.say(statement, follower !== undefined);
    await follower?.say(statement);
  }
}

const PASSED: LimitDecision = Object.freeze({ allowed: true, remaining: 0, resetSeconds: 0, retryAfterSeconds: 0 });
