import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { format, inspect } from "node:util";
import fc from "fast-check";
import { MASK, Secret, isSecret } from "#src/core/secret";

const VALUE = "hunter2-9f8e7d";
const secret = new Secret(VALUE);
// What happens by mistake is what is tested: the types would forbid it.
const loose = secret as unknown as string;

const printed: Readonly<Record<string, () => string>> = {
  "a template": () => `value: ${loose}`,
  concatenation: () => "value: " + loose,
  "String()": () => String(secret),
  "JSON.stringify": () => JSON.stringify(secret),
  "JSON.stringify of what holds it": () => JSON.stringify({ list: [secret], map: { secret } }),
  "util.inspect": () => inspect(secret),
  "util.inspect with everything shown": () => inspect({ secret }, { showHidden: true, depth: null, getters: true }),
  "util.format %s": () => format("%s", secret),
  "util.format %j": () => format("%j", { secret }),
  "util.format %o": () => format("%o", { secret }),
  "util.format %O": () => format("%O", [secret]),
  "its own properties": () => JSON.stringify(Object.entries(Object.getOwnPropertyDescriptors(secret))),
  "a copy by spreading": () => JSON.stringify(Object.assign({}, secret)),
  "a structured clone": () => inspect(structuredClone(secret)),
  "an error's message": () => inspect(new Error(`failed with ${loose}`, { cause: secret })),
};

describe("secret", () => {
  for (const [way, print] of Object.entries(printed)) {
    test(`does not print by ${way}`, () => assert.ok(!print().includes(VALUE), print()));
  }

  test("prints as the mask wherever it prints at all", () => {
    assert.equal(`<${loose}>`, `<${MASK}>`);
    assert.equal(inspect(secret), MASK);
    assert.equal(JSON.stringify({ secret }), `{"secret":"${MASK}"}`);
  });

  test("gives its value, whatever that is, only when asked", () => {
    fc.assert(fc.property(fc.anything(), (value) => assert.ok(Object.is(new Secret(value).reveal(), value))));
  });

  test("is told from what is none", () => {
    assert.ok(isSecret(secret));
    for (const value of [null, undefined, VALUE, {}, { reveal: () => VALUE }, Secret]) assert.equal(isSecret(value), false);
  });
});
