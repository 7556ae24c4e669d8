import { isAddressEntry, isHostPattern } from "../core/mod.ts";
import type { Setting, SettingOptions } from "./contract.ts";
import { type Exact, type Present, createScalarSetting } from "./create-setting.ts";

/** An address, a network, or a word for some: what `createAddressSet` takes. */
export function addresses<const Options extends SettingOptions<string>>(
  options?: Exact<Options, SettingOptions<string>>,
): Setting<Present<string, Options>> {
  return createScalarSetting<string, Options>(
    {
      expected: 'an address, a network such as "10.0.0.0/8", or "loopback", "private" or "unix"',
      jsonSchema: { type: "string", minLength: 1 },
      parse: (input) => (typeof input === "string" && isAddressEntry(input) ? input : undefined),
    },
    options,
  );
}

/** A host, or all hosts under one (`*.example.com`); an address counts as one. */
export function hostPattern<const Options extends SettingOptions<string>>(
  options?: Exact<Options, SettingOptions<string>>,
): Setting<Present<string, Options>> {
  return createScalarSetting<string, Options>(
    {
      expected: 'a host such as "example.com", "*.example.com" or an address, without a port',
      jsonSchema: { type: "string", minLength: 1 },
      parse: (input) => (typeof input === "string" && isHostPattern(input) ? input : undefined),
    },
    options,
  );
}

/** Permissions of a file in three octal digits, as `chmod` takes them. */
export function fileMode<const Options extends SettingOptions<string>>(
  options?: Exact<Options, SettingOptions<string>>,
): Setting<Present<string, Options>> {
  return createScalarSetting<string, Options>(
    {
      expected: 'permissions in octal digits such as "660"',
      jsonSchema: { type: "string", pattern: "^[0-7]{3}$" },
      parse: (input) => (/^[0-7]{3}$/.test(String(input)) ? String(input) : undefined),
    },
    options,
  );
}
