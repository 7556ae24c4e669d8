import type { Socket } from "node:net";
import { type AddressSet, canonicalAddress, createAddressSet } from "../../core/mod.ts";
import { type ForwardedOrigin, type ProxyHeaders, createForwardedReader } from "../../security/mod.ts";
import type { HeaderMap } from "../pipeline/incoming.ts";

/** Proxies whose word about their clients is taken. */
export interface ProxyOptions {
  /** Addresses, networks, and the words `loopback`, `private` and `unix`. */
  readonly trusted: readonly string[];
  /** Which headers they set; the other family is not read. Default `"x-forwarded"`. */
  readonly headers?: ProxyHeaders;
}

const ADDRESS: unique symbol = Symbol("canonical address");
const TRUSTED: unique symbol = Symbol("trusted peer");
interface KnownSocket extends Socket {
  [ADDRESS]?: string;
  [TRUSTED]?: boolean;
}

/** The peer's address in canonical form, worked out once a connection. Empty for the peer of a Unix socket. */
export function addressOf(socket: KnownSocket): string {
  return (socket[ADDRESS] ??= canonicalAddress(socket.remoteAddress ?? "") ?? "");
}

/** An id that a proxy gave: it goes into logs and headers as it is. */
const REQUEST_ID = /^[\w.~:+/=@-]{1,128}$/;

/** What trusted proxies say of requests. */
export class TrustedProxies {
  readonly #trusted: AddressSet;
  readonly #read: (peer: string, headers: HeaderMap) => ForwardedOrigin | undefined;

  /** @throws E_CORE_ADDRESS_INVALID */
  constructor({ trusted, headers = "x-forwarded" }: ProxyOptions) {
    this.#trusted = createAddressSet(trusted);
    this.#read = createForwardedReader({ trusted: this.#trusted, headers });
  }

  /** Whether a connection comes from a trusted proxy, worked out once a connection. */
  isTrusted(socket: KnownSocket): boolean {
    return (socket[TRUSTED] ??= this.#trusted.has(addressOf(socket)));
  }

  /** What a trusted peer says of where a request came from. */
  originOf(socket: KnownSocket, headers: HeaderMap): ForwardedOrigin | undefined {
    return this.#read(addressOf(socket), headers);
  }

  /** The id that a trusted peer gave a request. */
  idOf(headers: HeaderMap): string | undefined {
    const id = headers["x-request-id"];
    return id !== undefined && REQUEST_ID.test(id) ? id : undefined;
  }
}
