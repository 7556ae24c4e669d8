import type { StandardSchemaV1 } from "@standard-schema/spec";
import { isPlinthError } from "../../core/mod.ts";
import type { Schema } from "../contract.ts";
import { errors } from "../errors.ts";
import { parseJson } from "../validation/json.ts";
import { addFaults, isPromise, validate } from "../validation/validate.ts";
import type { RawMessage } from "./web-socket-contract.ts";

type Result = StandardSchemaV1.Result<unknown>;

/** Reads one message; what it throws or rejects with is the client's fault. */
export type Decode = (data: Buffer, isBinary: boolean) => unknown;

/** Text goes out as text, bytes as bytes. */
export type Encode = (message: unknown) => RawMessage;

/** @throws E_HTTP_MESSAGE_INVALID (the decoder) */
export function compileDecode(schema: Schema | undefined): Decode {
  if (schema === undefined) return (data, isBinary) => (isBinary ? data : data.toString("utf8"));
  return (data, isBinary) => {
    if (isBinary) throw errors.MESSAGE_INVALID({ reason: "it is not text" });
    const result = validate(schema, parseMessage(data));
    return isPromise(result) ? Promise.resolve(result).then(fitting) : fitting(result);
  };
}

/** By the same rules as a JSON body: bounded in depth and keys, and without keys that poison prototypes. */
function parseMessage(data: Buffer): unknown {
  try {
    return parseJson(data);
  } catch (cause) {
    if (!isPlinthError(cause)) throw cause;
    throw errors.MESSAGE_INVALID({ reason: cause.message }, { cause });
  }
}

function fitting(result: Result): unknown {
  if (result.issues === undefined) return result.value;
  const faults: Parameters<typeof addFaults>[0] = [];
  addFaults(faults, "message", result.issues);
  const [first] = faults;
  throw errors.MESSAGE_INVALID({ reason: `${first?.pointer ?? ""} ${first?.detail ?? ""}`.trim() }, { faults });
}

/** @throws E_HTTP_MESSAGE_UNSENDABLE (the encoder) */
export function compileEncode(route: string, schema: Schema | undefined): Encode {
  const refuse = (reason: string): never => {
    throw errors.MESSAGE_UNSENDABLE({ route, reason });
  };
  if (schema === undefined) {
    return (message) =>
      typeof message === "string" || message instanceof Uint8Array
        ? message
        : refuse("it is neither text nor bytes, and the route has no `send` schema");
  }
  return (message) => {
    const result = validate(schema, message);
    if (isPromise(result)) return refuse("its schema takes time to decide");
    if (result.issues !== undefined) return refuse(`it does not fit the \`send\` schema: ${result.issues[0]?.message ?? ""}`);
    return JSON.stringify(result.value) ?? "null";
  };
}
