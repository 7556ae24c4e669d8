import assert from "node:assert/strict";

/** One metric family as a strict reader of OpenMetrics 1.0 understands it. */
export interface Family {
  readonly name: string;
  readonly type: string;
  readonly unit: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const NUMBER = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?Inf|NaN)$/;
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: ["_total"],
  gauge: [""],
  histogram: ["_bucket", "_sum", "_count"],
};

interface Draft {
  readonly name: string;
  readonly meta: Map<string, string>;
  readonly samples: Sample[];
}

/**
 * Reads OpenMetrics text and fails on whatever the specification does not allow.
 * @see https://prometheus.io/docs/specs/om/open_metrics_spec/
 */
export function parseOpenMetrics(text: string): readonly Family[] {
  assert.ok(text.endsWith("# EOF\n"), "the text ends with # EOF and a newline");
  const lines = text.slice(0, -"# EOF\n".length).split("\n");
  assert.equal(lines.pop(), "", "every line ends with a newline");
  const drafts: Draft[] = [];
  for (const line of lines) {
    if (line.startsWith("#")) takeMetadata(drafts, line);
    else takeSample(drafts, line);
  }
  const names = drafts.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length, "a family stands in one place");
  return drafts.map(finish);
}

function takeMetadata(drafts: Draft[], line: string): void {
  const match = /^# (TYPE|UNIT|HELP) ([^ ]+) (.*)$/.exec(line);
  assert.ok(match, `no metadata line: ${line}`);
  const [, key = "", name = "", value = ""] = match;
  assert.match(name, NAME);
  let draft = drafts.at(-1);
  if (draft?.name !== name) drafts.push((draft = { name, meta: new Map(), samples: [] }));
  assert.equal(draft.samples.length, 0, `metadata after samples: ${line}`);
  assert.ok(!draft.meta.has(key), `metadata twice: ${line}`);
  draft.meta.set(key, key === "HELP" ? unescape(value) : value);
}

function takeSample(drafts: Draft[], line: string): void {
  const draft = drafts.at(-1);
  assert.ok(draft, `a sample before any metadata: ${line}`);
  const name = /^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(line)?.[0] ?? "";
  const type = draft.meta.get("TYPE") ?? "unknown";
  assert.ok(
    (SUFFIXES[type] ?? []).some((suffix) => name === draft.name + suffix),
    `${line} is no sample of ${type} ${draft.name}`,
  );
  const { labels, rest } = parseLabels(line.slice(name.length));
  assert.match(rest, /^ [^ ]+$/, `no value after one blank: ${line}`);
  assert.match(rest.slice(1), NUMBER);
  const value = Number(rest.slice(1).replace("Inf", "Infinity"));
  draft.samples.push({ name, labels, value });
}

function parseLabels(text: string): { labels: Record<string, string>; rest: string } {
  const labels: Record<string, string> = {};
  if (!text.startsWith("{")) return { labels, rest: text };
  let rest = text.slice(1);
  while (!rest.startsWith("}")) {
    const match = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\n"])*)"(,(?!\})|(?=\}))/.exec(rest);
    assert.ok(match, `malformed labels: ${text}`);
    const [whole, name = "", value = ""] = match;
    assert.ok(!Object.hasOwn(labels, name), `label twice: ${text}`);
    labels[name] = unescape(value);
    rest = rest.slice(whole.length);
  }
  return { labels, rest: rest.slice(1) };
}

function unescape(text: string): string {
  assert.doesNotMatch(text.replaceAll(/\\[\\n"]/g, ""), /[\\"\n]/, `not escaped: ${text}`);
  return text.replaceAll(/\\([\\n"])/g, (_, character: string) => (character === "n" ? "\n" : character));
}

function finish({ name, meta, samples }: Draft): Family {
  const type = meta.get("TYPE") ?? "unknown";
  const unit = meta.get("UNIT") ?? "";
  if (unit !== "") assert.ok(name.endsWith(`_${unit}`), `${name} does not end in its unit ${unit}`);
  const ids = samples.map((sample) =>
    JSON.stringify([sample.name, Object.entries(sample.labels).sort(([one], [other]) => (one < other ? -1 : 1))]),
  );
  assert.equal(new Set(ids).size, ids.length, `${name} has a sample twice`);
  if (type === "counter") for (const { value } of samples) assert.ok(value >= 0, `${name} is negative or NaN`);
  if (type === "histogram") checkHistogram(name, samples);
  return { name, type, unit, help: meta.get("HELP") ?? "", samples };
}

function checkHistogram(name: string, samples: readonly Sample[]): void {
  const groups = Map.groupBy(samples, ({ labels }) => JSON.stringify({ ...labels, le: "" }));
  for (const group of groups.values()) {
    const buckets = group.filter((sample) => sample.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels }) => labels["le"] ?? "");
    assert.equal(bounds.at(-1), "+Inf", `${name} lacks the bucket +Inf`);
    for (const bound of bounds) assert.match(bound, /^(?:\+Inf|.*[.e].*)$/, `${name} has a bound that is no float: ${bound}`);
    for (const [index, bucket] of buckets.entries()) {
      const before = buckets[index - 1];
      if (before === undefined) continue;
      assert.ok(bucket.value >= before.value, `${name} is not cumulative`);
      assert.ok(
        Number((bounds[index] ?? "").replace("+Inf", "Infinity")) > Number(bounds[index - 1]),
        `${name}'s bounds do not ascend`,
      );
    }
    const count = group.find((sample) => sample.name === `${name}_count`);
    assert.equal(count?.value, buckets.at(-1)?.value, `${name}_count differs from the bucket +Inf`);
    assert.ok(
      group.some((sample) => sample.name === `${name}_sum`),
      `${name}_sum is missing`,
    );
  }
}
