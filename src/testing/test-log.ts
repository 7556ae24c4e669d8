import { type Duration, parseDuration } from "../core/mod.ts";
import { errors } from "./errors.ts";

/** One line of a log, parsed. */
export type LogLine = Readonly<Record<string, unknown>>;

/** Which lines are meant: those with this `message`, or those for which the function says so. */
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
   * The first line that matches, one that is already there included. Fails at once when the program has ended.
   *
   * @param timeout default `"10s"`
   * @throws E_TESTING_LINE_MISSING
   */
  waitFor(match: LogMatch, timeout?: Duration): Promise<LogLine>;
}

const SHOWN = 10;
const ENDED = "before the log ended";

interface Waiter {
  readonly look: (line: LogLine) => void;
  readonly giveUp: (when: string) => void;
}

/** Takes lines as they come and lets tests look at them. */
export class LogCapture implements TestLog {
  readonly #lines: LogLine[] = [];
  readonly #malformed: string[] = [];
  readonly #waiting = new Set<Waiter>();
  #ended = false;

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
    for (const { look } of this.#waiting) look(line);
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
    const what = typeof match === "string" ? JSON.stringify(match) : "that matches";
    const milliseconds = parseDuration(timeout);
    const { promise, resolve, reject } = Promise.withResolvers<LogLine>();
    const giveUp = (when: string): void => reject(errors.LINE_MISSING({ what, when, last: this.#last() }));
    if (this.#ended) giveUp(ENDED);
    const matches = matcher(match);
    const waiter: Waiter = {
      look: (line) => {
        if (matches(line)) resolve(line);
      },
      giveUp,
    };
    const timer = setTimeout(() => giveUp(`within ${milliseconds} ms`), milliseconds);
    this.#waiting.add(waiter);
    return promise.finally(() => {
      clearTimeout(timer);
      this.#waiting.delete(waiter);
    });
  }

  /** No more lines will come: whoever still waits is told. */
  end(): void {
    this.#ended = true;
    for (const { giveUp } of this.#waiting) giveUp(ENDED);
  }

  #last(): readonly string[] {
    return this.#lines.slice(-SHOWN).map((line) => JSON.stringify(line));
  }
}

function matcher(match: LogMatch): (line: LogLine) => boolean {
  return typeof match === "string" ? (line) => line["message"] === match : match;
}

function parseLine(text: string): LogLine | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? (parsed as LogLine) : undefined;
  } catch {
    return undefined;
  }
}
