import { type Duration, parseDuration } from "../core/mod.ts";
import { errors } from "./errors.ts";

/** One line of a log, parsed. */
export type LogLine = Readonly<Record<string, unknown>>;

/** Which lines are meant: those with this `msg`, or those for which the function says so. */
export type LogMatch = string | ((line: LogLine) => boolean);

/** What a program under test has logged so far. */
export interface TestLog {
  /** In the order in which they came. */
  readonly lines: readonly LogLine[];
  /** What came on the log's way and is no JSON object: torn lines, or prints of something else. */
  readonly malformed: readonly string[];
  /** The first line that matches. */
  find(match: LogMatch): LogLine | undefined;
  /** Every line that matches. */
  filter(match: LogMatch): readonly LogLine[];
  /**
   * The first line that matches, one that is already there included.
   *
   * @param timeout default `"10s"`
   * @throws E_TESTING_LINE_MISSING
   */
  waitFor(match: LogMatch, timeout?: Duration): Promise<LogLine>;
}

const SHOWN = 10;

/** Takes lines as they come and lets tests look at them. */
export class LogCapture implements TestLog {
  readonly #lines: LogLine[] = [];
  readonly #malformed: string[] = [];
  readonly #waiting = new Set<(line: LogLine) => void>();

  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  get malformed(): readonly string[] {
    return this.#malformed;
  }

  /** @param text one line, with or without its newline */
  accept(text: string): void {
    const line = parseLine(text);
    if (line === undefined) {
      this.#malformed.push(text);
      return;
    }
    this.#lines.push(line);
    for (const look of this.#waiting) look(line);
  }

  find(match: LogMatch): LogLine | undefined {
    return this.#lines.find(matcher(match));
  }

  filter(match: LogMatch): readonly LogLine[] {
    return this.#lines.filter(matcher(match));
  }

  waitFor(match: LogMatch, timeout: Duration = "10s"): Promise<LogLine> {
    const found = this.find(match);
    if (found !== undefined) return Promise.resolve(found);
    const matches = matcher(match);
    const milliseconds = parseDuration(timeout);
    return new Promise((resolve, reject) => {
      const finish = (end: () => void): void => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        end();
      };
      const look = (line: LogLine): void => {
        if (matches(line)) finish(() => resolve(line));
      };
      const what = typeof match === "string" ? JSON.stringify(match) : "that matches";
      const timer = setTimeout(() => {
        const last = this.#lines.slice(-SHOWN).map((line) => JSON.stringify(line));
        finish(() => reject(errors.LINE_MISSING({ what, milliseconds, last })));
      }, milliseconds);
      this.#waiting.add(look);
    });
  }
}

function matcher(match: LogMatch): (line: LogLine) => boolean {
  return typeof match === "string" ? (line) => line["msg"] === match : match;
}

function parseLine(text: string): LogLine | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? (parsed as LogLine) : undefined;
  } catch {
    return undefined;
  }
}
