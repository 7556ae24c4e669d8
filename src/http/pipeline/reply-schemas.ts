import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { ReplyDeclaration, Schema } from "../contract.ts";
import { errors } from "../errors.ts";
import { addFaults } from "../validation/validate.ts";

/** What JSON results must fit. */
export interface ReplySchemas {
  /** Method and path. */
  readonly route: string;
  /** Whether the route declares a reply. */
  readonly declared: boolean;
  /** @throws E_HTTP_REPLY_UNDECLARED for a status that a route with schemas by status does not have */
  schemaFor(status: number): Schema | undefined;
}

export function compileReplySchemas(route: string, declared: ReplyDeclaration | undefined): ReplySchemas {
  return { route, declared: declared !== undefined, schemaFor: byStatus(route, declared) };
}

function byStatus(route: string, declared: ReplyDeclaration | undefined): ReplySchemas["schemaFor"] {
  if (declared === undefined) return () => undefined;
  if ("~standard" in declared) return () => declared;
  const schemas = new Map(Object.entries(declared).map(([status, schema]) => [Number(status), schema]));
  return (status) => {
    const schema = schemas.get(status);
    if (schema === undefined) throw errors.REPLY_UNDECLARED({ route, status });
    return schema;
  };
}

/** What a schema made of a result: only declared fields. @throws E_HTTP_REPLY_INVALID */
export function acceptedReply(route: string, status: number, result: StandardSchemaV1.Result<unknown>): unknown {
  if (result.issues === undefined) return result.value;
  const faults: Parameters<typeof addFaults>[0] = [];
  addFaults(faults, "reply", result.issues);
  throw errors.REPLY_INVALID({ route, status }, { faults });
}
