import type { LintRule } from "./lint-rule.ts";

/** What holds on every engine: while a new version is rolled out, the old one still runs. */
export const sharedRules: readonly LintRule[] = [
  {
    id: "column-dropped",
    severity: "warning",
    of: "action",
    when: /^drop (?:column |(?!constraint\b|index\b|key\b|primary\b|foreign\b|check\b|default\b|partition\b)\S)/,
    why: "During a rolling deployment the old version still reads and writes the column, and fails.",
    todo: "Deploy a version that does not use it first, then drop it in the next release.",
  },
  {
    id: "column-renamed",
    severity: "error",
    of: "action",
    when: /^rename (?:column )?(?!to\b|as\b|constraint\b|index\b|key\b)\S+ to\b/,
    why: "During a rolling deployment one of the two versions always uses a name that is not there.",
    todo: "Add a column, write both, copy in batches, read the new one, then drop the old one; a release for each step.",
  },
  {
    id: "table-renamed",
    severity: "error",
    of: "statement",
    when: /^rename table\b|^alter (?:\w+ )*table .* rename (?:to|as) /,
    why: "During a rolling deployment one of the two versions always uses a name that is not there.",
    todo: "Create a view of the old name in the same transaction and drop it a release later, or keep the name.",
  },
  {
    id: "table-dropped",
    severity: "warning",
    of: "statement",
    when: /^drop table\b/,
    why: "The data is gone, and the old version, while it still runs, fails.",
    todo: "Deploy a version that does not use it first, keep a backup, then drop it in the next release.",
  },
  {
    id: "table-truncated",
    severity: "error",
    of: "statement",
    when: /^truncate\b/,
    why: "All rows are gone, and nobody can read the table meanwhile.",
    todo: "Delete what is meant in batches, outside of migrations.",
  },
  {
    id: "backfill-unbounded",
    severity: "warning",
    of: "statement",
    when: /^(?:update|delete)\b/,
    unless: /\bwhere\b/,
    why: "Every row is locked until the end of the statement or transaction, and replicas fall behind.",
    todo: "Change rows in batches by key, in a migration with `transactional = false`, or in a job.",
  },
];
