import { ADD_COLUMN, type LintRule } from "./lint-rule.ts";

const STATED = /\balgorithm ?=? ?(?:instant|inplace|nocopy)\b/;
const SAY = "`algorithm = inplace, lock = none` in the statement: a server that cannot do it so refuses instead of blocking.";

/** MySQL 8 and MariaDB 10.11 and later, InnoDB. Source: MySQL's manual, "Online DDL Operations". */
export const mysqlRules: readonly LintRule[] = [
  {
    id: "column-type-changed",
    severity: "error",
    of: "action",
    when: /^(?:modify|change)\b/,
    why: "Most changes of a type copy the whole table, and nobody can write to it meanwhile.",
    todo: "Add a column of the new type, write both, copy in batches, switch over; or use an online tool (gh-ost, pt-online-schema-change). For a longer varchar, state `algorithm = inplace` and say so in `lintIgnore`.",
  },
  {
    id: "alter-copies",
    severity: "error",
    of: "statement",
    when: /^alter .*\b(?:algorithm ?=? ?copy|lock ?=? ?(?:shared|exclusive))\b/,
    why: "The table is copied, or writes are kept out, until it is done.",
    todo: `State ${SAY}`,
  },
  {
    id: "alter-unstated",
    severity: "note",
    of: "statement",
    when: /^(?:alter (?:\w+ )?table\b|create (?:unique )?index\b)/,
    unless: new RegExp(`${STATED.source}|\\balgorithm ?=? ?copy\\b|\\brename to\\b`),
    why: "The server chooses how, and a choice that copies the table keeps writes out without a word.",
    todo: `State ${SAY}`,
  },
  {
    id: "foreign-key-validated",
    severity: "error",
    of: "action",
    when: /\bforeign key\b/,
    unless: STATED,
    why: "With foreign_key_checks on, the table is copied and nobody can write to it.",
    todo: "Check the data first, then add it with `set foreign_key_checks = 0` and `algorithm = inplace` in the same session.",
  },
  {
    id: "column-not-null-without-default",
    severity: "warning",
    of: "action",
    when: new RegExp(`${ADD_COLUMN.source}.*\\bnot null\\b`),
    unless: /\bdefault\b|\bauto_increment\b|\bgenerated\b|\bas \(/,
    why: "Old rows silently get 0 or an empty text, and the old version's inserts fail in strict mode.",
    todo: "Give it a default, or add it nullable, fill it in batches, then make it not null.",
  },
  {
    id: "column-stored-generated",
    severity: "error",
    of: "action",
    when: new RegExp(`${ADD_COLUMN.source}.*\\b(?:stored|persistent|auto_increment)\\b`),
    why: "The table is copied or rebuilt, and nobody can write to it meanwhile.",
    todo: "Make the generated column virtual, or fill a plain column in batches.",
  },
  {
    id: "primary-key-changed",
    severity: "error",
    of: "action",
    when: /^(?:add|drop) (?:constraint \S+ )?primary key\b/,
    why: "The whole table is written anew, because InnoDB keeps rows by their primary key.",
    todo: "Choose the key when the table is created; change it with an online tool.",
  },
  {
    id: "table-rewritten",
    severity: "error",
    of: "action",
    when: /^(?:convert to (?:character set|charset)|engine\b|row_format\b|force\b|order by\b)/,
    why: "The whole table is written anew, and most of these keep writes out.",
    todo: "Use an online tool (gh-ost, pt-online-schema-change), or a maintenance window.",
  },
  {
    id: "index-keeps-writes-out",
    severity: "warning",
    of: "action",
    when: /^add (?:fulltext|spatial)\b/,
    why: "Nobody can write to the table while such an index is built.",
    todo: "Do it while little is written.",
  },
  {
    id: "index-keeps-writes-out",
    severity: "warning",
    of: "statement",
    when: /^create (?:fulltext|spatial) index\b/,
    why: "Nobody can write to the table while such an index is built.",
    todo: "Do it while little is written.",
  },
  {
    id: "long-lock",
    severity: "error",
    of: "statement",
    when: /^(?:lock tables?|optimize |flush tables\b)/,
    why: "Others are kept out until it is done.",
    todo: "Do it in a maintenance window.",
  },
];
