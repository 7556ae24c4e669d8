import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { configReference } from "#src/config/config-reference";
import { defineConfig } from "#src/config/define-config";
import * as setting from "#src/config/setting";

const schema = defineConfig({ mail: { kind: setting.choice(["a|b", "c"], { default: "c", doc: "Pipes |\nand lines." }) } });
const lines = configReference(schema).split("\n");

describe("configReference", () => {
  test("is a table with a row for every setting", () => {
    assert.equal(lines.length, schema.keys.length + 3);
    assert.equal(lines[0], "| key | variable | meaning | expects | without a value | a change needs |");
    assert.equal(lines.at(-1), "");
  });

  test("says which settings may change while the program runs", () => {
    const needs = (variable: string): string | undefined =>
      lines
        .find((line) => line.includes(`\`${variable}\``))
        ?.split(" | ")
        .at(-1);
    assert.deepEqual([needs("LOG_LEVEL"), needs("PORT")], ["nothing |", "a restart |"]);
  });

  test("escapes what would break a row", () => {
    assert.equal(
      lines.at(-2),
      String.raw`| ${"`mail.kind`"} | ${"`MAIL_KIND`"} | Pipes \|\u000aand lines. | one of a\|b, c | default c | a restart |`,
    );
  });

  test("is the same on every machine", () => {
    assert.ok(lines.some((line) => line.includes("`HTTP_THREADS`") && line.endsWith("| default number of cores | a restart |")));
  });
});
