import type { Clock, Fault, SharedMemory } from "../../core/mod.ts";
import type { DocumentedError } from "../documentation.ts";

/** An answer of a handler that can be kept and sent again: it is whole, and what it says is the handler's own. */
export interface WholeAnswer {
  readonly kind: "answer";
  readonly status: number;
  /** What the handler said, flat, names in lower case: type, location and the like. Nothing that belongs to one exchange, no length. */
  readonly headers: readonly string[];
  readonly body: string | Uint8Array | null;
  /** The entity tag as sent. */
  readonly etag: string | undefined;
  /** When it last changed, milliseconds since 1970, whole seconds. */
  readonly modified: number | undefined;
}

/** An error of a handler that can be kept and answered again, as a problem of the request that asks again. */
export interface WholeProblem {
  readonly kind: "problem";
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly message: string;
  readonly faults: readonly Fault[] | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;
}

export type KeptAnswer = WholeAnswer | WholeProblem;

/** How a route takes its body; `none` where it declares none. */
export type ReplayedBody = "none" | "whole" | "multipart" | "stream" | "multipart-stream";

/** The route that a rule is opened for. */
export interface ReplayRoute {
  readonly method: string;
  /** The template. */
  readonly path: string;
  /** The host that it answers for; empty for any. */
  readonly host: string;
  /** The API version; empty without one. */
  readonly version: string;
  /** The scheme of its guard, or `public`. */
  readonly auth: string;
  readonly body: ReplayedBody;
}

/** What a rule may use when it is opened at boot, once per route and thread. */
export interface ReplayResources {
  readonly memory: SharedMemory;
  readonly clock: Clock;
}

/** The body of a request that a rule may compare with another request's. */
export interface ReplayPayload {
  /**
   * SHA-256 of the body, in hex: of its bytes, of a form's parts, empty where there is no body. Undefined while a streamed body has not
   * been read to its end.
   */
  readonly digest: string | undefined;
  /**
   * Reads what is left of a streamed body, within the route's bounds, and keeps nothing of it.
   *
   * @returns the digest; undefined when somebody else had read a part of it without its end
   */
  finish(): Promise<string | undefined>;
}

/** One request that has passed every step before its handler. */
export interface ReplayCall<Call> {
  /** What the handler gets. */
  readonly c: Call;
  /** Only for rules that ask for it by `digest`. */
  readonly payload: ReplayPayload;
  /** Adds a header to whatever answer comes. */
  addHeader(name: string, value: string): void;
  /**
   * Runs the handler and makes its answer, which is not sent yet. May be called again when what the handler did was undone. Throws what
   * the handler throws.
   *
   * @returns null for what cannot be kept: streams, files, events, pages with a nonce, bodies beyond the rule's `maxBytes`
   */
  run(): Promise<WholeAnswer | null>;
  /** What `run` would return if the handler returned this value; the answer is the same value's when the handler does return it. */
  preview(result: unknown): Promise<WholeAnswer | null>;
  /** The problem that a thrown error is answered as, if it is the caller's fault (4xx). */
  problemOf(thrown: unknown): WholeProblem | undefined;
}

/**
 * Decides one request: runs the handler or does not, and returns what is answered in its place. Undefined answers what the handler
 * returned, which runs now if it did not yet.
 */
export type Replayer<Call> = (call: ReplayCall<Call>) => undefined | Promise<KeptAnswer | undefined>;

/** What an OpenAPI document says of a rule. */
export interface ReplayNote {
  /** Request headers that the rule reads. */
  readonly headers?: readonly {
    readonly name: string;
    readonly description: string;
    readonly required: boolean;
    readonly schema: Readonly<Record<string, unknown>>;
  }[];
  /** What the rule answers in the handler's place. */
  readonly errors?: readonly DocumentedError[];
}

/**
 * A rule that stands between a request's validation and its handler, may answer in the handler's place, and sees the handler's answer
 * whole before it leaves. The `idempotency` and `cache` rooms make them.
 */
export interface ReplayRule<Call> {
  /** Names the rule in listings. */
  readonly name: string;
  /** The methods that it is for; on routes of others, a group's for instance, it does nothing. */
  readonly methods: readonly string[];
  /** Whether the rule reads `payload`: the body is then hashed as it comes. */
  readonly digest: boolean;
  /** Whether answers to GET get a tag of their bytes, as JSON does by the policy `etag: "auto"`. */
  readonly tagged: boolean;
  /** The longest body that is made whole, in bytes. */
  readonly maxBytes: number;
  readonly note?: ReplayNote;
  open(route: ReplayRoute, resources: ReplayResources): Replayer<Call> | Promise<Replayer<Call>>;
}
