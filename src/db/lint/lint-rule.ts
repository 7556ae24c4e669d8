import type { Severity } from "../../core/mod.ts";

/** A rule of the linter, as data: what it looks for, and what it says. */
export interface LintRule {
  /** Stable, kebab-case: by it a finding is ignored. */
  readonly id: string;
  readonly severity: Severity;
  /** What is looked at: each part of an `alter table`, or the whole statement. In lower case, without texts and comments. */
  readonly of: "action" | "statement";
  readonly when: RegExp;
  readonly unless?: RegExp;
  /** Holds only inside, or only outside, of a transaction. */
  readonly inTransaction?: boolean;
  readonly why: string;
  readonly todo: string;
}

/** A column's definition behind `add column`, up to its end. */
export const ADD_COLUMN: RegExp =
  /^add (?!constraint\b|primary\b|unique\b|foreign\b|check\b|index\b|key\b|fulltext\b|spatial\b|exclude\b|partition\b|\()/;
