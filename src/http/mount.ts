import { checkHost } from "../security/mod.ts";
import type { AuthRule, Method, Policies, RequestView, Route } from "./contract.ts";
import { errors } from "./errors.ts";
import { bodyStream, route } from "./route.ts";

/** A web-standard handler, as Hono, H3, tRPC and many others export. */
export type FetchHandler = (request: Request) => Response | Promise<Response>;

export interface MountOptions extends Policies {
  readonly auth: "public" | AuthRule<unknown>;
}

const METHODS: readonly Lowercase<Method>[] = ["get", "post", "put", "patch", "delete"];

/**
 * Hands everything under a prefix to another web-standard handler, behind the same guards and limits as any route.
 * The handler sees the path without the prefix, and without that of the groups that the mount stands in.
 *
 * @param prefix literal path that starts with a slash and ends without one, such as `/legacy`
 * @example
 * mount("/legacy", legacyApp.fetch, { auth: "public" });
 */
export function mount(prefix: string, handler: FetchHandler, options: MountOptions): readonly Route[] {
  return METHODS.flatMap((method) =>
    [prefix, `${prefix}/*`].map((path) =>
      route[method](
        path,
        // What a mounted handler answers is not known here; it documents itself.
        { bodyLimit: "10mb", documented: false, ...options, ...(method === "get" ? {} : { body: bodyStream() }) },
        ({ request, body, signal }) =>
          handler(toWebRequest(request, { body: body as AsyncIterable<Uint8Array> | undefined, signal })),
      ),
    ),
  );
}

interface RequestParts {
  readonly body: AsyncIterable<Uint8Array> | undefined;
  readonly signal: AbortSignal;
}

/**
 * The guards belong to the route that matched, whose decoded path this was; the mounted handler decodes for itself. Both must mean
 * the same path, so only the plain spelling of the prefix is handed on (lesson: CVE-2026-47676), and only a rest that a URL leaves as
 * it is: dot segments would lead elsewhere in the mounted handler than they did here.
 */
function toWebRequest(request: RequestView, parts: RequestParts): Request {
  const { url, method, headers, scheme, route: template } = request;
  const path = url.split("?", 1)[0] as string;
  const prefix = template.endsWith("/*") ? template.slice(0, -2) : template;
  const rest = path.slice(prefix.length) || "/";
  const host = request.host || "localhost";
  const target = URL.parse(`${scheme}://${host}${rest}${url.slice(path.length)}`);
  if (!path.startsWith(prefix) || !checkHost(host) || target?.pathname !== rest) throw errors.ROUTE_NOT_FOUND({ path });
  const known = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const hasBody = parts.body !== undefined && method !== "GET" && method !== "HEAD";
  return new Request(target, {
    method,
    headers: known,
    signal: parts.signal,
    ...(hasBody ? { body: ReadableStream.from(parts.body), duplex: "half" } : {}),
  });
}
