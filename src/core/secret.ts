/** What every printed secret looks like. */
export const MASK = "[secret]";

/**
 * A value that never prints: not by string conversion, JSON, `console.log` or a logger. Only {@link Secret.reveal} gives it.
 *
 * @example
 * const password = new Secret("hunter2");
 * `${password}`; // "[secret]"
 * password.reveal(); // "hunter2"
 */
export class Secret<Value = string> {
  readonly #value: Value;

  constructor(value: Value) {
    this.#value = value;
  }

  /** The value itself. Call it where the value is used, as late as possible. */
  reveal(): Value {
    return this.#value;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }
}

// console.log and util.inspect ask for this well-known symbol (Node documents it as `util.inspect.custom`).
Object.defineProperty(Secret.prototype, Symbol.for("nodejs.util.inspect.custom"), { value: () => MASK });

/** Whether a value is a secret. */
export function isSecret(value: unknown): value is Secret<unknown> {
  return value instanceof Secret;
}
