import { PlinthError, Secret, isPlinthError, isSecret, toError } from "../../core/mod.ts";

// Messages between threads are structured clones, which lose classes: secrets and Plinth's errors travel as plain marked data.

const SECRET_MARK = "plinth:secret";

/** Configuration values as plain data. */
export function packValues(value: unknown): unknown {
  if (isSecret(value)) return { [SECRET_MARK]: packValues(value.reveal()) };
  if (Array.isArray(value)) return value.map(packValues);
  if (!isPlain(value)) return value; // dates, maps and the like travel as they are
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, packValues(member)]));
}

/** The values again, frozen. */
export function unpackValues(packed: unknown): unknown {
  if (Array.isArray(packed)) return Object.freeze(packed.map(unpackValues));
  if (!isPlain(packed)) return packed;
  if (Object.hasOwn(packed, SECRET_MARK)) return new Secret(unpackValues((packed as Record<string, unknown>)[SECRET_MARK]));
  return Object.freeze(Object.fromEntries(Object.entries(packed).map(([key, member]) => [key, unpackValues(member)])));
}

function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** An error as plain data. */
export interface PackedError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: string | undefined;
  readonly title: string | undefined;
  readonly status: number | undefined;
  readonly faults: PlinthError["faults"];
  readonly cause: PackedError | undefined;
}

const MAX_CAUSES = 8;

export function packError(thrown: unknown, depth = 0): PackedError {
  const error = toError(thrown) as Error & { code?: unknown };
  return {
    name: error.name,
    message: error.message,
    stack: error.stack,
    code: typeof error.code === "string" ? error.code : undefined,
    title: isPlinthError(error) ? error.title : undefined,
    status: isPlinthError(error) ? error.status : undefined,
    faults: isPlinthError(error) ? error.faults : undefined,
    cause: error.cause === undefined || depth === MAX_CAUSES ? undefined : packError(error.cause, depth + 1),
  };
}

export function unpackError(packed: PackedError): Error {
  const cause = packed.cause === undefined ? undefined : unpackError(packed.cause);
  const { message, code, title, status, faults, name, stack } = packed;
  const error =
    code !== undefined && title !== undefined
      ? new PlinthError({ code, title, message, status, faults, cause })
      : Object.assign(new Error(message, cause === undefined ? undefined : { cause }), code === undefined ? {} : { code });
  if (error.name !== name) Object.defineProperty(error, "name", { value: name });
  if (stack !== undefined) error.stack = stack;
  return error;
}
