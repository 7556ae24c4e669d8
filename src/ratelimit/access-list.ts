import {
  type AddressSet,
  type Clock,
  type LockRange,
  type SharedMemory,
  canonicalAddress,
  createAddressSet,
  isAddressEntry,
  lockWord,
  unlockWord,
} from "../core/mod.ts";
import { ROUTE_END } from "./caller-key.ts";
import { errors } from "./errors.ts";

/** What is said of somebody, whatever they have used. */
export interface AccessEntry {
  /** An address, a network or a word for some (`loopback`, `private`, `unix`); anything else is a key as limits count it. */
  readonly subject: string;
  /** `"block"`: answered 403. `"allow"`: not limited, whatever else is said. */
  readonly verdict: "allow" | "block";
  /** Until when, in milliseconds since 1970; null for ever. */
  readonly until: number | null;
  /** Why, for other operators. */
  readonly reason: string;
}

/** What holds for one caller now. */
export interface Standing {
  readonly verdict: AccessEntry["verdict"];
  /** Whole seconds, rounded up; 0 for ever. */
  readonly secondsLeft: number;
}

/** What an operator has said of a subject last. */
export interface Statement {
  readonly subject: string;
  /** Null when nothing is to hold any more. */
  readonly entry: AccessEntry | null;
}

/** What a store has, and its mark: another one is a store that has begun anew. Empty where a store never does. */
export interface Stored {
  readonly mark: string;
  readonly entries: readonly AccessEntry[];
}

/** What the threads of the process share. */
interface Said extends Stored {
  /** Subjects of which the store does not know yet what was said last. */
  readonly untold: readonly string[];
}

const NOTHING_SAID: Said = { mark: "", entries: [], untold: [] };
const SEGMENT = "ratelimit:access";
const TEXT_BYTES = 262_144;
const HEADER_WORDS = 4;
const BYTES = HEADER_WORDS * 4 + TEXT_BYTES;
// Words of the header. The version is odd while the text is being written.
const LOCK = 0;
const VERSION = 1;
const LENGTH = 2;
const LOCKS: LockRange = { byteOffset: 0, count: 1 };
/** How many entries there may be. */
const MOST = 1_000;
const SUBJECT_LENGTH = 100;
const REASON_LENGTH = 100;

interface Network {
  readonly set: AddressSet;
  readonly entry: AccessEntry;
}

interface Compiled {
  readonly size: number;
  /** Of keys. A key that a caller chose must never be taken for an address, so those are kept apart. */
  readonly keys: ReadonlyMap<string, readonly AccessEntry[]>;
  /** Of single addresses. */
  readonly addresses: ReadonlyMap<string, readonly AccessEntry[]>;
  /** Whether an address is in one of the networks at all. */
  readonly anywhere: AddressSet;
  readonly networks: readonly Network[];
}

/** Who is blocked and who is let through, the same in all threads of the process as soon as one of them changes it. */
export class AccessList {
  readonly #words: Int32Array;
  readonly #text: Buffer;
  readonly #owner: number;
  readonly #clock: Clock;
  readonly #fixed: readonly AccessEntry[];
  #version = 0;
  #said: Said = NOTHING_SAID;
  #compiled: Compiled;

  private constructor(segment: SharedArrayBuffer, options: AccessListOptions) {
    this.#words = new Int32Array(segment, 0, HEADER_WORDS);
    this.#text = Buffer.from(segment, HEADER_WORDS * 4, TEXT_BYTES);
    this.#owner = options.owner;
    this.#clock = options.clock;
    this.#fixed = options.fixed;
    this.#compiled = compile(options.fixed);
  }

  static async open(options: AccessListOptions): Promise<AccessList> {
    return new AccessList(await options.memory.claim(SEGMENT, BYTES, LOCKS), options);
  }

  /** Whether it says nothing of anybody: then nobody needs to be looked up. */
  isEmpty(): boolean {
    if (Atomics.load(this.#words, VERSION) !== this.#version) this.#refresh();
    return this.#compiled.size === 0;
  }

  /**
   * What holds for a caller; null when nothing does. What is said of their address goes before what is said of the key: a caller may choose that. Who
   * is allowed is, even where others in the same network are blocked.
   */
  judge(address: string, key: string): Standing | null {
    const { keys } = this.#compiled;
    const caller = key.slice(key.indexOf(ROUTE_END) + 1);
    const now = this.#clock.now();
    const entry = prevailing(this.#ofAddress(address), now) ?? prevailing(keys.get(caller) ?? NOBODY, now);
    if (entry === undefined) return null;
    return { verdict: entry.verdict, secondsLeft: entry.until === null ? 0 : Math.ceil((entry.until - now) / 1_000) };
  }

  /** What holds for all who are counted as a key: an address, the network of one, or any other. Null when nothing does. */
  find(key: string): AccessEntry | null {
    this.isEmpty();
    const entries = isAddressEntry(key) ? this.#ofNetwork(key) : (this.#compiled.keys.get(key) ?? NOBODY);
    return prevailing(entries, this.#clock.now()) ?? null;
  }

  #ofNetwork(text: string): readonly AccessEntry[] {
    const address = canonicalAddress(text);
    if (address !== undefined) return this.#ofAddress(address);
    const { start, prefix } = spanOf(text);
    const holdsAll = ({ set, entry: { subject } }: Network): boolean =>
      subject === text || (set.has(start) && spanOf(subject).prefix <= prefix);
    return this.#compiled.networks.filter(holdsAll).map(({ entry }) => entry);
  }

  #ofAddress(address: string): readonly AccessEntry[] {
    const { addresses, anywhere, networks } = this.#compiled;
    const exact = addresses.get(address) ?? NOBODY;
    if (!anywhere.has(address)) return exact;
    return [...exact, ...networks.filter(({ set }) => set.has(address)).map(({ entry }) => entry)];
  }

  /** What operators have said, without what has passed. */
  get entries(): readonly AccessEntry[] {
    return this.#present().entries;
  }

  /** What the program was set up with. */
  get fixed(): readonly AccessEntry[] {
    return this.#fixed;
  }

  /** The mark of the store that was taken over last; empty before. */
  get mark(): string {
    return this.#present().mark;
  }

  /** What the store does not know yet. */
  get untold(): readonly Statement[] {
    const { entries, untold } = this.#present();
    return untold.map((subject) => ({ subject, entry: findEntry(entries, subject) }));
  }

  /** Another number after each change. */
  get version(): number {
    return Atomics.load(this.#words, VERSION);
  }

  /**
   * @param isUntold whether there is a store that does not know it yet
   * @throws E_RATELIMIT_ACCESS_FULL
   */
  say({ subject, entry }: Statement, isUntold: boolean): void {
    this.#write(({ mark, entries, untold }) => ({
      mark,
      entries: [...without(entries, subject), ...(entry === null ? [] : [entry])],
      untold: isUntold ? [...untold.filter((other) => other !== subject), subject] : untold,
    }));
  }

  /** Notes that the store was told something. Where that is no longer what holds, it has to be told anew. */
  told({ subject, entry }: Statement): void {
    this.#write(({ mark, entries, untold }) => {
      const rest = untold.filter((other) => other !== subject);
      const isKnown = JSON.stringify(findEntry(entries, subject)) === JSON.stringify(entry);
      return { mark, entries, untold: isKnown ? rest : [...rest, subject] };
    });
  }

  /**
   * Takes over what a store keeps for all machines, but for what it has not been told yet.
   *
   * @param version before the store was read
   * @returns false when something was said since: then what was read may be older, and nothing changes
   */
  replace({ mark, entries }: Stored, version: number): boolean {
    let isFresh = false;
    this.#write((said) => {
      isFresh = this.version === version;
      if (!isFresh) return said;
      const untold = new Set(said.untold);
      const own = said.entries.filter(({ subject }) => untold.has(subject));
      return { mark, entries: [...entries.filter(({ subject }) => !untold.has(subject)), ...own], untold: said.untold };
    });
    return isFresh;
  }

  #present(): Said {
    this.isEmpty();
    const now = this.#clock.now();
    return { ...this.#said, entries: this.#said.entries.filter((entry) => isLive(entry, now)) };
  }

  #write(change: (said: Said) => Said): void {
    if (!lockWord(this.#words, LOCK, this.#owner))
      throw errors.STORE_FAILED({ store: "memory", reason: "another thread is changing them" });
    try {
      const said = this.#present();
      const changed = change(said);
      const text = JSON.stringify(changed);
      if (text === JSON.stringify(said)) return;
      const { entries } = changed;
      const length = Buffer.byteLength(text);
      if (entries.length > MOST || length > TEXT_BYTES) throw errors.ACCESS_FULL({ entries: entries.length - 1 });
      // A thread that died here left an odd version: the next even one is still another.
      const version = this.version | 1;
      Atomics.store(this.#words, VERSION, version);
      this.#text.write(text);
      Atomics.store(this.#words, LENGTH, length);
      Atomics.store(this.#words, VERSION, version + 1);
    } finally {
      unlockWord(this.#words, LOCK, this.#owner);
    }
    this.#refresh();
  }

  /** Reads what another thread has written; while one is writing, what was there before holds. */
  #refresh(): void {
    const version = Atomics.load(this.#words, VERSION);
    if (version % 2 === 1) return;
    const text = this.#text.toString("utf8", 0, Atomics.load(this.#words, LENGTH));
    if (Atomics.load(this.#words, VERSION) !== version) return;
    this.#version = version;
    this.#said = text === "" ? NOTHING_SAID : (JSON.parse(text) as Said);
    this.#compiled = compile([...this.#fixed, ...this.#said.entries]);
  }
}

export interface AccessListOptions {
  readonly memory: SharedMemory;
  /** 1 + the index of this thread. */
  readonly owner: number;
  readonly clock: Clock;
  /** What the program was set up with. */
  readonly fixed: readonly AccessEntry[];
}

/**
 * Makes a subject comparable: addresses in canonical form.
 *
 * @throws E_RATELIMIT_SUBJECT_INVALID
 */
export function checkedSubject(text: string): string {
  if (text === "" || text.length > SUBJECT_LENGTH)
    throw errors.SUBJECT_INVALID({
      subject: text.slice(0, SUBJECT_LENGTH),
      reason: `it must have 1 to ${SUBJECT_LENGTH} characters`,
    });
  if (/^[\d.:a-f]+\/\d+$/i.test(text) && !isAddressEntry(text))
    throw errors.SUBJECT_INVALID({ subject: text, reason: "it is neither a network nor a key" });
  return canonicalAddress(text) ?? text;
}

/** @throws E_RATELIMIT_SUBJECT_INVALID */
export function checkedReason(text: string): string {
  return text.slice(0, REASON_LENGTH);
}

const NOBODY: readonly AccessEntry[] = [];

/** Which of some entries holds: one that allows, if there is one. */
function prevailing(entries: readonly AccessEntry[], now: number): AccessEntry | undefined {
  if (entries.length === 0) return undefined;
  const live = entries.filter((entry) => isLive(entry, now));
  return live.find(({ verdict }) => verdict === "allow") ?? live[0];
}

function isLive({ until }: AccessEntry, now: number): boolean {
  return until === null || until > now;
}

function findEntry(entries: readonly AccessEntry[], subject: string): AccessEntry | null {
  return entries.find((entry) => entry.subject === subject) ?? null;
}

function without(entries: readonly AccessEntry[], subject: string): readonly AccessEntry[] {
  return entries.filter((entry) => entry.subject !== subject);
}

/** The parts of a network as text; a word for networks is wider than any. */
function spanOf(network: string): { readonly start: string; readonly prefix: number } {
  const [start = "", prefix = "0"] = network.split("/");
  return { start, prefix: Number(prefix) };
}

type Kind = "key" | "address" | "network";

function kindOf({ subject }: AccessEntry): Kind {
  if (!isAddressEntry(subject)) return "key";
  return canonicalAddress(subject) === undefined ? "network" : "address";
}

function compile(entries: readonly AccessEntry[]): Compiled {
  const { key = [], address = [], network = [] } = Object.groupBy(entries, kindOf);
  return {
    size: entries.length,
    keys: Map.groupBy(key, ({ subject }) => subject),
    addresses: Map.groupBy(address, ({ subject }) => subject),
    anywhere: createAddressSet(network.map(({ subject }) => subject)),
    networks: network.map((entry) => ({ entry, set: createAddressSet([entry.subject]) })),
  };
}
