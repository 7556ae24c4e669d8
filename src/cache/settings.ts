import { type Duration, isDuration, parseDuration } from "../core/mod.ts";
import type { LookupOptions, NamespaceBehaviour, PlainNamespaceOptions, SchemaNamespaceOptions } from "./contract.ts";
import { errors } from "./errors.ts";
import { checkTags, storableName } from "./key.ts";

/** How values are kept, in milliseconds. */
export interface KeepSettings {
  readonly ttl: number;
  readonly grace: number;
  /** As the store may see them. */
  readonly tags: readonly string[];
}

/** How a lookup behaves. */
export interface LookupSettings extends KeepSettings {
  readonly softTimeout: number;
  readonly hardTimeout: number;
}

export interface NamespaceSettings extends LookupSettings {
  /** Undefined when factories must give a value. */
  readonly negativeTtl: number | undefined;
  readonly jitter: number;
  readonly copy: NonNullable<NamespaceBehaviour["copy"]>;
}

const NAME = /^[a-z][a-z0-9_.-]{0,63}$/i;
const DEFAULT_JITTER = 0.1;

/** @throws E_CACHE_NAMESPACE_INVALID, E_CACHE_TAG_INVALID */
export function namespaceSettings(name: string, options: SchemaNamespaceOptions | PlainNamespaceOptions): NamespaceSettings {
  const refuse = (reason: string): never => {
    throw errors.NAMESPACE_INVALID({ namespace: name, reason });
  };
  if (!NAME.test(name)) refuse("a name has up to 64 letters, digits, `_`, `.` and `-`, and begins with a letter");
  const { jitter = DEFAULT_JITTER } = options;
  if (!(jitter >= 0 && jitter < 1)) refuse(`its \`jitter\` ${jitter} is not from 0 to below 1`);
  for (const option of ["ttl", "grace", "negativeTtl", "softTimeout", "hardTimeout"] as const) {
    const value = options[option];
    if (value !== undefined && !isDuration(value)) refuse(`its \`${option}\` "${String(value)}" is no duration`);
  }
  const ttl = isDuration(options.ttl ?? "") ? parseDuration(options.ttl) : refuse("it has no `ttl`");
  if (ttl === 0) refuse("its `ttl` is 0");
  return {
    ttl,
    grace: milliseconds(options.grace, 0),
    tags: storableTags(options.tags ?? []),
    softTimeout: milliseconds(options.softTimeout, 0),
    hardTimeout: milliseconds(options.hardTimeout, 30_000),
    negativeTtl: options.negativeTtl === undefined ? undefined : parseDuration(options.negativeTtl),
    jitter,
    copy: options.copy ?? "auto",
  };
}

/** @throws E_CORE_DURATION_INVALID, E_CACHE_TAG_INVALID */
export function lookupSettings(settings: NamespaceSettings, options: LookupOptions | undefined): LookupSettings {
  if (options === undefined) return settings;
  const { ttl, grace, tags, softTimeout, hardTimeout } = options;
  return {
    ttl: milliseconds(ttl, settings.ttl),
    grace: milliseconds(grace, settings.grace),
    tags: tags === undefined ? settings.tags : [...new Set([...settings.tags, ...storableTags(tags)])],
    softTimeout: milliseconds(softTimeout, settings.softTimeout),
    hardTimeout: milliseconds(hardTimeout, settings.hardTimeout),
  };
}

export function storableTags(tags: readonly string[]): readonly string[] {
  return checkTags(tags).map(storableName);
}

const milliseconds = (text: Duration | undefined, fallback: number): number =>
  text === undefined ? fallback : parseDuration(text);
