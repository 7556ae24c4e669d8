import type { ApiOperation } from "./operations.ts";
import type { SchemaCheck } from "./schema-check.ts";

/** What of an answer the document speaks of. */
export interface SeenAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

const PROBLEM_TYPE = "application/problem+json";

/** What an answer has that the document does not promise; undefined when it keeps every promise. A 5xx never does. */
export function findAnswerFault(operation: ApiOperation, answer: SeenAnswer, check: SchemaCheck): string | undefined {
  const { status, text } = answer;
  if (status >= 500) return `is a ${status}: ${text}`;
  const promised = promisedAnswer(operation, status);
  if (promised === undefined) return `has the status ${status}, which the document does not have`;
  const type = answer.headers.get("content-type")?.split(";", 1)[0]?.trim().toLowerCase();
  const { content } = promised;
  if (content === undefined || Object.keys(content).length === 0) {
    return text === "" ? undefined : `has a body, but the document has none for ${status}`;
  }
  if (type === undefined)
    return text === "" && "*/*" in content ? undefined : `has no media type, and the document has ${Object.keys(content).join()}`;
  const media = content[type] ?? content[`${type.split("/", 1)[0]}/*`] ?? content["*/*"];
  if (media === undefined) return `is ${type}, which the document does not have for ${status}`;
  if (!/[/+]json$/.test(type)) return undefined;
  return findJsonFault({ status, type, text }, media, check);
}

type Promised = ApiOperation["responses"][string];

function promisedAnswer({ responses }: ApiOperation, status: number): Promised | undefined {
  const exact = responses[String(status)] ?? responses[`${String(status)[0]}XX`];
  return exact ?? (status >= 400 ? responses["default"] : undefined);
}

function findJsonFault(
  { status, type, text }: { readonly status: number; readonly type: string; readonly text: string },
  { schema = {}, examples }: NonNullable<Promised["content"]>[string],
  check: SchemaCheck,
): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return `says that it is ${type} and is no JSON: ${text}`;
  }
  const fault = check.fault(schema, value);
  if (fault !== undefined) return `does not fit the schema of ${status}: ${fault}: ${text}`;
  if (type !== PROBLEM_TYPE) return undefined;
  const problem = value as { readonly status: number; readonly code: string };
  if (problem.status !== status) return `has the status ${status}, but its problem says ${problem.status}`;
  // Codes are the names of a problem's examples; an answer without any promises none.
  if (examples === undefined || Object.hasOwn(examples, problem.code)) return undefined;
  return `has the code ${problem.code}, which the document does not have for ${status}: declare it in \`errors\``;
}
