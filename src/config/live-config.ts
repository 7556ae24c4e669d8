import { isSameValue } from "./same-value.ts";

/** Values that may change while the program runs: those of settings declared with `reload: "live"`. */
export interface LiveConfig<Values> {
  /** What holds now, whole and frozen. Read it where it is used, do not keep it: it is replaced, never changed. */
  readonly current: Values;
  /**
   * Calls back when a part has another value than before. The listener is called after the whole has been replaced; what it throws is
   * reported and disturbs nobody else.
   *
   * @param select the part, such as `(config) => config.uploads.maxSize`
   * @returns the end of the subscription
   */
  onChange<Part>(select: (values: Values) => Part, listener: (now: Part, before: Part) => void): () => void;
}

/** A {@link LiveConfig} and the means to replace its values. */
export class LiveValues<Values> implements LiveConfig<Values> {
  readonly #listeners = new Set<(now: Values, before: Values) => void>();
  readonly #report: (error: unknown) => void;
  #current: Values;

  /** @param report told what listeners throw */
  constructor(values: Values, report: (error: unknown) => void) {
    this.#current = values;
    this.#report = report;
  }

  get current(): Values {
    return this.#current;
  }

  onChange<Part>(select: (values: Values) => Part, listener: (now: Part, before: Part) => void): () => void {
    const compare = (now: Values, before: Values): void => {
      const [part, partBefore] = [select(now), select(before)];
      if (!isSameValue(part, partBefore)) listener(part, partBefore);
    };
    this.#listeners.add(compare);
    return () => void this.#listeners.delete(compare);
  }

  replace(values: Values): void {
    const before = this.#current;
    this.#current = values;
    for (const tell of this.#listeners) {
      try {
        tell(values, before);
      } catch (thrown) {
        this.#report(thrown);
      }
    }
  }
}
