/**
 * Every error that Plinth throws on purpose is a {@link PlinthError} built from a room's catalogue (`errors.ts`).
 * A catalogue entry is data, so it can be documented, checked against the docs, and answered as a problem (RFC 9457).
 */

/** One entry of an error catalogue. */
export interface ErrorDefinition<Details> {
  /** HTTP status when the error reaches a caller; without one it is an internal error (500) and its message stays inside. */
  readonly status?: number;
  /** Short and constant: what kind of thing went wrong. Shown to callers as the problem's `title`. */
  readonly title: string;
  /** What, where, and what to do next. For an error with a status this is shown to callers as `detail`. */
  readonly message: (details: Details) => string;
}

/** One fault among several that were found at once. */
export interface Fault {
  /** Where the faulty value was: `body`, `query`, `params`, `headers`, or a configuration source. */
  readonly in: string;
  /** JSON Pointer (RFC 6901) to the value inside `in`; empty for the whole. */
  readonly pointer: string;
  /** What was expected. */
  readonly detail: string;
}

export interface PlinthErrorOptions {
  readonly code: string;
  readonly title: string;
  readonly message: string;
  readonly status?: number | undefined;
  readonly cause?: unknown;
  /** All faults found at once, for errors that report several. */
  readonly faults?: readonly Fault[] | undefined;
  /** Headers that an HTTP answer to this error carries, such as `Retry-After`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** An error with a stable code, built by a catalogue made with {@link defineErrors}. */
export class PlinthError extends Error {
  override readonly name: string = "PlinthError";
  readonly code: string;
  readonly title: string;
  readonly status: number | undefined;
  readonly faults: readonly Fault[] | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;

  constructor(options: PlinthErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.title = options.title;
    this.status = options.status;
    this.faults = options.faults;
    this.headers = options.headers;
  }
}

/** What may accompany any error: the error that caused it, the faults it sums up, headers for its HTTP answer. */
export interface ErrorExtras {
  readonly cause?: unknown;
  readonly faults?: readonly Fault[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** Builds the error; its `code`, `status` and `title` are readable without building one. */
export interface ErrorFactory<Details, Code extends string = string> {
  (details: Details, extras?: ErrorExtras): PlinthError;
  readonly code: Code;
  readonly status: number | undefined;
  readonly title: string;
}

/** The code of a reason: `E_STORE_FULL` for `FULL` of the room `store`. */
export type ErrorCode<Room extends string, Reason> = `E_${Uppercase<Room>}_${Reason & string}`;

/**
 * A room's errors by reason. `Details` names each reason and what its message is made of. With the room's name as a type, codes are
 * literal types, which typed callers tell problems apart by.
 */
export type ErrorCatalogue<Details extends object, Room extends string = string> = {
  readonly [Reason in keyof Details]: ErrorFactory<Details[Reason], ErrorCode<Room, Reason>>;
};

/**
 * Declares a room's errors. Keys are reasons: `defineErrors("core", { DURATION_INVALID: … })` makes `E_CORE_DURATION_INVALID`.
 *
 * @example
 * const errors: ErrorCatalogue<{ FULL: { disk: string } }, "store"> = defineErrors("store", {
 *   FULL: { status: 507, title: "Storage full", message: (d) => `Disk ${d.disk} is full; free space on it.` },
 * });
 * throw errors.FULL({ disk: "uploads" });
 */
export function defineErrors<Details extends object, Room extends string = string>(
  room: Room,
  definitions: { readonly [Reason in keyof Details]: ErrorDefinition<Details[Reason]> },
): ErrorCatalogue<Details, Room> {
  const factories = Object.entries(definitions).map(([reason, definition]) => [
    reason,
    createFactory(`E_${room.toUpperCase()}_${reason}`, definition as ErrorDefinition<unknown>),
  ]);
  return Object.freeze(Object.fromEntries(factories)) as ErrorCatalogue<Details, Room>;
}

function createFactory(code: string, definition: ErrorDefinition<unknown>): ErrorFactory<unknown> {
  const { status, title } = definition;
  const create = (details: unknown, extras?: ErrorExtras): PlinthError => {
    const error = new PlinthError({ code, title, status, message: definition.message(details), ...extras });
    Error.captureStackTrace(error, create);
    return error;
  };
  return Object.freeze(Object.assign(create, { code, status, title }));
}

/**
 * Whether a value is a Plinth error, optionally with one given code. Works across copies of the package.
 *
 * @example
 * if (isPlinthError(error, "E_CORE_STOP_TIMEOUT")) process.exitCode = 1;
 */
export function isPlinthError(value: unknown, code?: string): value is PlinthError {
  return value instanceof Error && value.name === "PlinthError" && (code === undefined || (value as PlinthError).code === code);
}

/** Anything thrown, as an Error: what was not one becomes the `cause` of one. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error
    ? thrown
    : new Error(`A value that is no Error was thrown: ${describe(thrown)}`, { cause: thrown });
}

function describe(value: unknown): string {
  try {
    return String(value);
  } catch {
    return typeof value;
  }
}
