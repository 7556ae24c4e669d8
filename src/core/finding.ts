/** `error`: the program will not work or is open to attack; `warning`: somebody should look at it; `note`: good to know. */
export type Severity = "error" | "warning" | "note";

/** One thing that a look at a program's set-up brought to light. Never holds a secret. */
export interface Finding {
  /** Stable, kebab-case, such as `tls-expires-soon`: by it a finding can be ignored, with a reason. */
  readonly id: string;
  readonly severity: Severity;
  /** What is so, and where. */
  readonly what: string;
  /** Why it matters. */
  readonly why: string;
  /** What to do about it. */
  readonly todo: string;
}
