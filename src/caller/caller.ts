import { type Duration, parseDuration } from "../core/duration.ts";
import { type Size, parseSize } from "../core/size.ts";
import type { Method } from "../http/contract.ts";
import { parseBase } from "./base-url.ts";
import type { CallAnswer, CallInput, InputArgument, UrlInput } from "./call.ts";
import { type CallParts, encodeBody, encodeHeaders } from "./encode-request.ts";
import { errors } from "./errors.ts";
import { type Fields, formatQuery } from "./fields.ts";
import type { KnownRoutes, RouteTable } from "./known-routes.ts";
import { readAnswer } from "./read-answer.ts";
import { fillTemplate } from "./template.ts";

/** The web's `fetch`, or what stands in its place. */
export type FetchFunction = (request: Request) => Promise<Response>;

export interface CallerOptions<Version extends string = never> {
  /** What stands before every path, such as `https://api.example.com`. Default: the origin of the page, where there is one. */
  readonly baseUrl?: string | URL;
  /** Default: the web's own. */
  readonly fetch?: FetchFunction;
  /** Headers of every call; a function is asked each time, for tokens that change. */
  readonly headers?: Fields | (() => Fields | Promise<Fields>);
  /** How long a call may take until its answer has been read, or has begun where it is taken as a stream. Default `"30s"`; `"0s"` for ever. */
  readonly timeout?: Duration;
  /** The largest answer that is read into memory. Default `"10mb"`. */
  readonly answerLimit?: Size;
  /** The API version to ask for. Routes of other versions are not known to the types. */
  readonly version?: Version;
  /** The header that names it. Default `"api-version"`. */
  readonly versionHeader?: string;
  /** Further settings of every request, such as `credentials`. Redirects are not followed unless `redirect` says so here. */
  readonly init?: Omit<RequestInit, "method" | "headers" | "body" | "signal">;
}

/** What one route takes and gives. */
interface RouteCall {
  readonly input: unknown[];
  readonly url: unknown[];
  readonly answer: unknown;
}

/** {@link RouteCall} of every path. perf: looked up, where working it out in the signatures took the compiler a time for each route and call. */
type CallsOf<Contracts extends RouteTable[Method]> = {
  readonly [Path in keyof Contracts & string]: {
    readonly input: InputArgument<CallInput<Path, Contracts[Path]>>;
    readonly url: InputArgument<UrlInput<Path, Contracts[Path]>>;
    readonly answer: CallAnswer<Contracts[Path]>;
  };
};
type Call<Calls extends { readonly [path: string]: RouteCall }> = <const Path extends keyof Calls & string>(
  path: Path,
  ...input: Calls[Path]["input"]
) => Promise<Calls[Path]["answer"]>;

/**
 * Calls routes by method and template. An answer is a value, whatever its status; that there is none is thrown:
 *
 * @throws E_CALLER_UNREACHABLE, E_CALLER_TIMED_OUT, E_CALLER_ANSWER_UNREADABLE, what the signal was aborted with, and
 * E_CALLER_PARAM_MISSING, E_CALLER_PARAM_INVALID before anything is sent
 */
export interface Caller<Known extends RouteTable = RouteTable> {
  readonly get: Call<CallsOf<Known["GET"]>>;
  readonly post: Call<CallsOf<Known["POST"]>>;
  readonly put: Call<CallsOf<Known["PUT"]>>;
  readonly patch: Call<CallsOf<Known["PATCH"]>>;
  readonly delete: Call<CallsOf<Known["DELETE"]>>;
  /** As the others, but the answer comes as it is, for bodies that are streams. */
  fetch<const Verb extends Method, const Path extends keyof Known[Verb] & string>(
    method: Verb,
    path: Path,
    ...input: InputArgument<CallInput<Path, Known[Verb][Path]>>
  ): Promise<Response>;
  /** The URL of a route that GET answers. */
  url<const Path extends keyof Known["GET"] & string>(path: Path, ...input: CallsOf<Known["GET"]>[Path]["url"]): string;
}

/**
 * A caller of routes, typed by their declarations: `typeof` a list of routes, of a function that makes them, or of an app. Needs nothing
 * but the web's own `fetch`, so it runs in browsers; the routes are imported as types only.
 *
 * @throws E_CALLER_BASE_INVALID, E_CORE_DURATION_INVALID, E_CORE_SIZE_INVALID
 * @example
 * import type { orders } from "../server/orders.ts";
 *
 * const api = createCaller<typeof orders>({ baseUrl: "https://api.example.com" });
 * const answer = await api.get("/orders/:id", { params: { id: "7" } });
 * if (answer.ok) show(answer.data);
 * else if (answer.problem.code === "E_SHOP_ORDER_UNKNOWN") showMissing();
 */
export function createCaller<Source, Version extends string = never>(
  options: CallerOptions<Version> = {},
): Caller<KnownRoutes<Source, Version>> {
  const caller = new FetchCaller(options);
  const method =
    (name: Method) =>
    (path: string, input?: CallParts): Promise<unknown> =>
      caller.call(name, path, input);
  const calls = {
    get: method("GET"),
    post: method("POST"),
    put: method("PUT"),
    patch: method("PATCH"),
    delete: method("DELETE"),
    fetch: (name: Method, path: string, input?: CallParts) => caller.fetch(name, path, input),
    url: (path: string, input?: CallParts) => caller.url(path, input),
  };
  return calls as unknown as Caller<KnownRoutes<Source, Version>>; // typed by what the routes declare
}

class FetchCaller {
  readonly #options: CallerOptions<string>;
  readonly #base: string;
  readonly #timeout: number;
  readonly #answerLimit: number;
  readonly #version: Fields;

  constructor(options: CallerOptions<string>) {
    const { baseUrl, timeout = "30s", answerLimit = "10mb", version, versionHeader = "api-version" } = options;
    this.#options = options;
    this.#base = baseUrl === undefined ? originOfPage() : parseBase(baseUrl);
    this.#timeout = parseDuration(timeout);
    this.#answerLimit = parseSize(answerLimit);
    this.#version = version === undefined ? {} : { [versionHeader]: version };
  }

  url(path: string, { params = {}, query = {} }: CallParts = {}): string {
    return this.#base + fillTemplate(path, params) + formatQuery(query);
  }

  call(method: Method, path: string, input: CallParts = {}): Promise<unknown> {
    return this.#send(method, path, input, (response, request) =>
      readAnswer(response, this.#answerLimit, (reason, cause) =>
        errors.ANSWER_UNREADABLE({ method, url: request.url, reason }, { cause }),
      ),
    );
  }

  fetch(method: Method, path: string, input: CallParts = {}): Promise<Response> {
    return this.#send(method, path, input, (response) => Promise.resolve(response));
  }

  /** Sends a request and hands its answer to `read`; both within the time there is. */
  async #send<Result>(
    method: Method,
    path: string,
    input: CallParts,
    read: (response: Response, request: Request) => Promise<Result>,
  ): Promise<Result> {
    const { fetch = globalThis.fetch, headers: common = {}, init, timeout = "30s" } = this.#options;
    const url = this.url(path, input);
    const headers = encodeHeaders(typeof common === "function" ? await common() : common, this.#version, input.headers ?? {});
    const ending = new CallEnding(this.#timeout, input.signal);
    try {
      const request = new Request(url, {
        redirect: "manual",
        ...init,
        method,
        ...encodeBody(input.body, headers),
        headers,
        signal: ending.signal,
      });
      return await read(await fetch(request), request);
    } catch (cause) {
      input.signal?.throwIfAborted();
      if (ending.timedOut) throw errors.TIMED_OUT({ method, url, timeout }, { cause });
      if (cause instanceof TypeError || cause instanceof DOMException) throw errors.UNREACHABLE({ method, url }, { cause });
      throw cause;
    } finally {
      ending.clear();
    }
  }
}

/** What ends a call early: its time, or its caller's signal. */
class CallEnding {
  readonly #controller = new AbortController();
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  readonly signal: AbortSignal;
  timedOut = false;

  constructor(milliseconds: number, signal: AbortSignal | undefined) {
    this.signal = signal === undefined ? this.#controller.signal : AbortSignal.any([signal, this.#controller.signal]);
    if (milliseconds === 0) return;
    this.#timer = setTimeout(() => {
      this.timedOut = true;
      this.#controller.abort();
    }, milliseconds);
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}

function originOfPage(): string {
  const { location } = globalThis as { readonly location?: { readonly origin: string } };
  return location?.origin ?? "";
}
