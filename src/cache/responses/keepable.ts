/** Who may be given an answer that is kept. */
export type Audience = "public" | "principal";

/** How an answer may be kept: for so many seconds at most, or not at all. */
export interface Keeping {
  readonly seconds: number;
  /** It must not be served once that is over, whatever the policy's grace. */
  readonly strict: boolean;
}

/**
 * Directives of `Cache-Control` under which an answer may be kept (RFC 9111, section 5.2.2). Everything else means that it may not: `no-store`,
 * `no-cache` and the like, and whatever is spelled so that it might have meant one of them.
 */
const HARMLESS: ReadonlySet<string> = new Set(["public", "immutable", "no-transform", "must-revalidate", "proxy-revalidate"]);
const STRICT: ReadonlySet<string> = new Set(["must-revalidate", "proxy-revalidate"]);
/** Those that say a number of seconds. */
const SECONDS = /^(max-age|s-maxage|stale-while-revalidate|stale-if-error)=(\d{1,10})$/;

/** What an answer's headers are held against. */
export interface KeepingRules {
  readonly audience: Audience;
  /** The request headers, in lower case, that belong to the key. */
  readonly varied: ReadonlySet<string>;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * Whether and how the headers that a handler gave its answer let it be kept. A field that cannot be understood forbids it. What the server
 * adds for each caller, as for CORS and compression, is not among them.
 *
 * @param headers flat, names in lower case
 * @returns null for what must not be kept
 */
export function keepingOf(headers: readonly string[], { audience, varied, now }: KeepingRules): Keeping | null {
  let keeping: Keeping = { seconds: Infinity, strict: false };
  let expiry = Infinity;
  for (let index = 0; index < headers.length; index += 2) {
    const value = headers[index + 1] as string;
    switch (headers[index]) {
      case "set-cookie":
      case "pragma":
        return null;
      case "vary":
        if (!value.split(",").every((name) => varied.has(name.trim().toLowerCase()))) return null;
        break;
      case "content-encoding":
        // Who cannot read it must be asked about it.
        if (!varied.has("accept-encoding")) return null;
        break;
      case "expires":
        expiry = Math.min(expiry, secondsUntil(value, now));
        break;
      case "cache-control": {
        const said = readCacheControl(value, audience);
        if (said === null) return null;
        keeping = { seconds: Math.min(keeping.seconds, said.seconds), strict: keeping.strict || said.strict };
      }
    }
  }
  const age = ageOf(headers);
  // Where `Cache-Control` says how long, `Expires` says nothing (RFC 9111, section 5.3).
  const seconds = keeping.seconds === Infinity ? expiry : keeping.seconds - age;
  return age < Infinity && seconds > 0 ? { ...keeping, seconds } : null;
}

/** Seconds that an answer was old already when its handler gave it: another cache had kept it. Infinite for what cannot be understood. */
export function ageOf(headers: readonly string[]): number {
  let age = 0;
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index] !== "age") continue;
    const value = headers[index + 1] as string;
    age = Math.max(age, /^\d{1,10}$/.test(value) ? Number(value) : Infinity);
  }
  return age;
}

/** What is not spelled as servers must spell it has passed already (RFC 9111, section 5.3). */
function secondsUntil(date: string, now: number): number {
  const time = Date.parse(date);
  return !Number.isNaN(time) && new Date(time).toUTCString() === date ? (time - now) / 1_000 : 0;
}

function readCacheControl(value: string, audience: Audience): Keeping | null {
  let shared: number | undefined;
  let age: number | undefined;
  let strict = false;
  for (const item of value.split(",")) {
    const directive = item.replaceAll(/^[ \t]+|[ \t]+$/g, "").toLowerCase();
    const [, name, digits] = SECONDS.exec(directive) ?? [];
    if (name === undefined) {
      // What is for one caller alone may be kept for that one.
      if (!HARMLESS.has(directive) && !(directive === "private" && audience === "principal")) return null;
      strict ||= STRICT.has(directive);
    } else if (name === "s-maxage") shared = Math.min(Number(digits), shared ?? Infinity);
    else if (name === "max-age") age = Math.min(Number(digits), age ?? Infinity);
  }
  // For a cache that serves many, `s-maxage` goes before `max-age` (RFC 9111, section 5.2.2.10).
  return { seconds: (audience === "public" ? shared : undefined) ?? age ?? Infinity, strict };
}
