import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Fault } from "../../../core/mod.ts";
import type { RouteContract, Schema } from "../../contract.ts";
import { errors } from "../../errors.ts";
import { FieldsFault, parseFields, toLists } from "../../validation/form.ts";
import { addFaults, isPromise, listProperties, validate } from "../../validation/validate.ts";
import type { LiveExchange, Step } from "../exchange.ts";
import { isValidated } from "../../body/declared.ts";

type PartName = "params" | "query" | "headers" | "body";
type Result = StandardSchemaV1.Result<unknown>;

/** One part of a request and what it must fit. */
interface Part {
  readonly name: PartName;
  readonly schema: Schema;
  /** The raw value; a fault when it cannot even be read. */
  readonly take: (exchange: LiveExchange) => unknown;
}

/** Validates every declared part of a request and reports all faults at once. */
export function compileValidate(contract: RouteContract): Step | null {
  const parts = partsOf(contract);
  if (parts.length === 0) return null;
  return (exchange) => {
    const faults: Fault[] = [];
    let waiting: Promise<void>[] | null = null;
    for (const part of parts) {
      const pending = checkPart(exchange, part, faults);
      if (pending === undefined) continue;
      pending.catch(ignore); // should a later part throw, nobody is left to hear of this one
      (waiting ??= []).push(pending);
    }
    if (waiting !== null) return Promise.all(waiting).then(() => refuse(faults));
    refuse(faults);
  };
}

function ignore(): void {}

function refuse(faults: Fault[]): void {
  if (faults.length > 0) throw errors.REQUEST_INVALID({ faults: faults.length }, { faults });
}

function partsOf(contract: RouteContract): Part[] {
  const { params, query, headers, body } = contract;
  const parts: Part[] = [];
  if (params !== undefined) parts.push({ name: "params", schema: params, take: (exchange) => exchange.params });
  if (query !== undefined) parts.push({ name: "query", schema: query, take: takeQuery(listProperties(query)) });
  if (headers !== undefined) parts.push({ name: "headers", schema: headers, take: (exchange) => exchange.request.headers });
  if (body !== undefined && isValidated(body)) {
    const lists = contract.accepts?.includes("form") === true ? listProperties(body) : [];
    parts.push({ name: "body", schema: body, take: (exchange) => toLists(exchange.body, lists) });
  }
  return parts;
}

function takeQuery(lists: readonly string[]): (exchange: LiveExchange) => unknown {
  return (exchange) => {
    const fields = parseFields(exchange.request.queryText);
    return fields instanceof FieldsFault ? fields : toLists(fields, lists);
  };
}

function checkPart(exchange: LiveExchange, part: Part, faults: Fault[]): Promise<void> | undefined {
  const value = part.take(exchange);
  if (value instanceof FieldsFault) {
    faults.push({ in: part.name, pointer: "", detail: value.reason });
    return undefined;
  }
  const result = validate(part.schema, value);
  if (isPromise(result)) return Promise.resolve(result).then((later) => keep(exchange, part.name, later, faults));
  keep(exchange, part.name, result, faults);
  return undefined;
}

function keep(exchange: LiveExchange, name: PartName, result: Result, faults: Fault[]): void {
  if (result.issues === undefined) exchange[name] = result.value;
  else addFaults(faults, name, result.issues);
}
