import { errors } from "./errors.ts";
import { suggest } from "../core/mod.ts";

type Kind = "sources" | "ancestors" | "flags" | "none" | "token" | "uris" | "trusted-types";

// CSP level 3 with Trusted Types and Upgrade Insecure Requests. Obsolete directives (plugin-types, block-all-mixed-content,
// prefetch-src, navigate-to) are left out: browsers ignore them, so whoever writes one has less than they think.
/** A directive whose values are sources: hosts, schemes, keywords, nonces, hashes. */
type SourceDirectiveName =
  | `${"default" | "script" | "style" | "img" | "font" | "connect" | "media" | "object" | "frame" | "child" | "worker" | "manifest"}-src`
  | `${"script" | "style"}-src-${"elem" | "attr"}`;

/** The directives that browsers know. */
export type CspDirectiveName =
  | SourceDirectiveName
  | "base-uri"
  | "form-action"
  | "frame-ancestors"
  | "sandbox"
  | "upgrade-insecure-requests"
  | "report-to"
  | "report-uri"
  | "require-trusted-types-for"
  | "trusted-types";

const KINDS: Readonly<Record<CspDirectiveName, Kind>> = {
  "default-src": "sources",
  "script-src": "sources",
  "script-src-elem": "sources",
  "script-src-attr": "sources",
  "style-src": "sources",
  "style-src-elem": "sources",
  "style-src-attr": "sources",
  "img-src": "sources",
  "font-src": "sources",
  "connect-src": "sources",
  "media-src": "sources",
  "object-src": "sources",
  "frame-src": "sources",
  "child-src": "sources",
  "worker-src": "sources",
  "manifest-src": "sources",
  "base-uri": "ancestors",
  "form-action": "ancestors",
  "frame-ancestors": "ancestors",
  sandbox: "flags",
  "upgrade-insecure-requests": "none",
  "report-to": "token",
  "report-uri": "uris",
  "require-trusted-types-for": "trusted-types",
  "trusted-types": "trusted-types",
};

const SOURCE_KEYWORDS = [
  "'none'",
  "'self'",
  "'nonce'",
  "'strict-dynamic'",
  "'unsafe-inline'",
  "'unsafe-eval'",
  "'unsafe-hashes'",
  "'wasm-unsafe-eval'",
  "'report-sample'",
  "'inline-speculation-rules'",
];
const ANCESTOR_KEYWORDS = ["'none'", "'self'"];
const TRUSTED_TYPES_KEYWORDS: ReadonlySet<string> = new Set(["'none'", "'script'", "'allow-duplicates'"]);

const HASH = /^'sha(?:256|384|512)-[A-Za-z0-9+/_-]{42,88}={0,2}'$/;
// A scheme, or a host with optional scheme, wildcard label, port and path. No quotes, so keywords and hashes never match.
const SOURCE =
  /^(?:\*|[a-z][a-z0-9+.-]*:|(?:[a-z][a-z0-9+.-]*:\/\/)?(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::(?:\d{1,5}|\*))?(?:\/[!-~]*)?)$/i;
const TOKEN = /^[\w!#$%&*+\-.^`|~/=@]+$/;
const FLAG = /^allow-[a-z-]+$/;
// Directives end at `;`, policies at `,`: neither can stand in a value (both must be percent-encoded in URLs).
const SEPARATOR = /[^\x21-\x7e]|[;,]/;

/**
 * The values of one directive, checked.
 *
 * @throws E_SECURITY_CSP_DIRECTIVE_UNKNOWN, E_SECURITY_CSP_SOURCE_INVALID
 */
export function checkDirective(name: string, value: readonly string[] | true): readonly string[] {
  if (!Object.hasOwn(KINDS, name)) {
    throw errors.CSP_DIRECTIVE_UNKNOWN({ directive: name, suggestion: suggest(name, Object.keys(KINDS)) });
  }
  const kind: Kind = KINDS[name as CspDirectiveName];
  const refuse = (source: string, reason: string): Error => errors.CSP_SOURCE_INVALID({ directive: name, source, reason });
  if (value === true || kind === "none") {
    if (value === true && (kind === "none" || kind === "flags")) return [];
    throw refuse(String(value), value === true ? "it takes a list of values." : "it takes no values; write true.");
  }
  if (value.length === 0) throw refuse("", "the list is empty. Write 'none', or leave the directive out.");
  if (kind === "token" && value.length > 1) throw refuse(value.join(" "), "it takes one value.");
  for (const item of value) {
    const reason =
      SEPARATOR.test(item) || item === "" ? "it has a space, separator or non-ASCII character." : explain(kind, item);
    if (reason !== undefined) throw refuse(item, reason);
  }
  if (value.length > 1 && value.includes("'none'")) throw refuse("'none'", "it must stand alone.");
  return value;
}

/** What is wrong with a value of this kind, or undefined. */
function explain(kind: Kind, item: string): string | undefined {
  if (kind === "sources") return explainSource(item, SOURCE_KEYWORDS);
  if (kind === "ancestors") return explainSource(item, ANCESTOR_KEYWORDS);
  if (kind === "trusted-types") {
    return TOKEN.test(item) || TRUSTED_TYPES_KEYWORDS.has(item) ? undefined : "it is no policy name or keyword.";
  }
  if (kind === "flags") return FLAG.test(item) ? undefined : "flags look like allow-forms.";
  if (kind === "uris") return item.includes("'") ? "it is no URL." : undefined;
  return TOKEN.test(item) ? undefined : "it is no name.";
}

function explainSource(item: string, keywords: readonly string[]): string | undefined {
  if (keywords.includes(item) || (keywords === SOURCE_KEYWORDS && HASH.test(item))) return undefined;
  if (keywords.includes(`'${item.toLowerCase()}'`)) return `keywords need quotes: "'${item.toLowerCase()}'".`;
  if (/^'?nonce-/i.test(item)) return `a nonce is made for every answer: write "'nonce'" where it goes.`;
  if (item.startsWith("'")) {
    const suggestion = suggest(item, keywords);
    return suggestion === undefined ? "it is no keyword of this directive." : `did you mean "${suggestion}"?`;
  }
  return SOURCE.test(item) ? undefined : "it is no host, scheme or keyword.";
}
