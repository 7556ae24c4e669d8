import { errors } from "./errors.ts";

/** Where a server is and who we are there. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  /** Host, port and database: fit to be printed. */
  readonly label: string;
}

const DEFAULT_PORT = 6379;

/**
 * Reads a URL of the schemes `redis` and `rediss` (IANA's registrations).
 *
 * @throws E_REDIS_URL_INVALID, which never repeats the URL
 */
export function parseAddress(text: string): RedisAddress {
  const url = URL.parse(text);
  if (url === null) throw errors.URL_INVALID({ reason: "it is no URL" });
  const { protocol, hostname, port, username, password, pathname } = url;
  if (protocol !== "redis:" && protocol !== "rediss:")
    throw errors.URL_INVALID({ reason: `its scheme is "${protocol.slice(0, -1)}", not "redis" or "rediss"` });
  if (hostname === "") throw errors.URL_INVALID({ reason: "it has no host" });
  if (!/^\/?\d{0,5}$/.test(pathname)) throw errors.URL_INVALID({ reason: "its path is no database number, such as /0" });
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  const address = { host, port: port === "" ? DEFAULT_PORT : Number(port), database: Number(pathname.slice(1)) };
  return {
    ...address,
    tls: protocol === "rediss:",
    username: decode(username),
    password: decode(password),
    label: `${hostname}:${address.port}/${address.database}`,
  };
}

function decode(text: string): string | undefined {
  if (text === "") return undefined;
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw errors.URL_INVALID({ reason: "its user or password is not percent-encoded" }, { cause });
  }
}
