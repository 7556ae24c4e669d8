import { MASK, Secret, isSecret } from "../core/mod.ts";
import type { Setting, SettingOptions } from "./contract.ts";
import { type Exact, type Present, createScalarSetting } from "./create-setting.ts";
import { toPrintable } from "./printable.ts";

export interface SecretOptions extends Omit<SettingOptions<never>, "default"> {
  /** Fewest bytes allowed, counted in UTF-8. Default 1. */
  readonly minBytes?: number;
}

/** A text that never prints. The value is a `Secret`; a secret has no default, because code is no place for one. */
export function secret<const Options extends SecretOptions>(
  options?: Exact<Options, SecretOptions>,
): Setting<Present<Secret, Options>> {
  const minBytes = options?.minBytes ?? 1;
  return createScalarSetting<Secret, Options>(
    {
      expected: minBytes > 1 ? `a secret text of at least ${minBytes} bytes` : "a secret text that is not empty",
      jsonSchema: { type: "string", minLength: 1, writeOnly: true },
      secret: true,
      parse: (input, form) => {
        const long = typeof input === "string" && Buffer.byteLength(input) >= minBytes;
        return long && form !== "default" ? new Secret(input) : undefined;
      },
    },
    options,
    ["minBytes"],
  );
}

export interface UrlOptions extends SettingOptions<string> {
  /** Schemes allowed, without the colon. Default `["http", "https"]`. */
  readonly schemes?: readonly string[];
}

/** An absolute URL without credentials: one that may hold a password is a {@link connection}. The value is the text as written. */
export function url<const Options extends UrlOptions>(options?: Exact<Options, UrlOptions>): Setting<Present<string, Options>> {
  const schemes = options?.schemes ?? ["http", "https"];
  return createScalarSetting<string, Options>(
    {
      expected: `a URL (${schemes.join(", ")}) without user name or password`,
      jsonSchema: { type: "string", format: "uri" },
      parse: (input) => (isUrl(input, schemes) && !hasCredentials(input) ? input : undefined),
    },
    options,
    ["schemes"],
  );
}

export interface ConnectionOptions extends SettingOptions<string> {
  /** Schemes allowed, without the colon. */
  readonly schemes: readonly string[];
}

/**
 * The URL of a server, credentials included: `postgres://app:password@db/app`. The value is a `Secret`; `config explain` shows it
 * without user, password and query, or not at all when it cannot be taken apart with certainty. A default has no credentials.
 */
export function connection<const Options extends ConnectionOptions>(
  options: Exact<Options, ConnectionOptions>,
): Setting<Present<Secret, Options>> {
  return createScalarSetting<Secret, Options>(
    {
      expected: `a connection URL (${options.schemes.join(", ")})`,
      jsonSchema: { type: "string", format: "uri" },
      secret: true,
      parse: (input, form) => {
        const allowed = isUrl(input, options.schemes) && !(form === "default" && input.includes("@"));
        return allowed ? new Secret(input) : undefined;
      },
      show: (value) => (isSecret(value) ? maskConnection(String(value.reveal())) : MASK),
    },
    options,
    ["schemes"],
  );
}

function isUrl(input: unknown, schemes: readonly string[]): input is string {
  if (typeof input !== "string" || /\s/u.test(input) || !URL.canParse(input)) return false;
  return schemes.includes(input.slice(0, input.indexOf(":")));
}

function hasCredentials(text: string): boolean {
  const { username, password } = new URL(text);
  return username !== "" || password !== "";
}

const CONNECTION = /^([a-z][a-z0-9+.-]*:)(\/\/)?([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?$/;

/**
 * A connection URL with user info and query masked. A password that was not percent-encoded can spill into any later part
 * (`//u:pa/ss@db`), so an `@` anywhere but at the end of the user info masks everything.
 */
function maskConnection(text: string): string {
  const [, scheme = "", slashes = "", authority = "", path = "", query = "", fragment = ""] = CONNECTION.exec(text) ?? [];
  if (scheme === "" || `${path}${query}${fragment}`.includes("@") || (slashes === "" && authority.includes("@"))) return MASK;
  const at = authority.lastIndexOf("@");
  const host = at === -1 ? authority : `${MASK}@${authority.slice(at + 1)}`;
  return toPrintable(`${scheme}${slashes}${host}${path}${query === "" ? "" : `?${MASK}`}${fragment === "" ? "" : `#${MASK}`}`);
}
