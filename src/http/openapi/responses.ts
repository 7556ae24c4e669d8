import type { ReplyDeclaration, RouteContract, Schema } from "../contract.ts";
import type { AnswerNote, DocumentedError } from "../documentation.ts";
import { deprecationOf } from "../pipeline/deprecation.ts";
import { http } from "../node/builtin-http.ts";
import { rateLimitPolicy } from "../pipeline/steps/limit.ts";
import { PROBLEM_TYPE } from "../problem.ts";
import { listOf } from "../route.ts";
import { conditionAnswers, conditionHeaders } from "./conditions.ts";
import type { Answer, Content, Header, Reference } from "./contract.ts";
import type { SchemaBook } from "./schema-book.ts";

/** Headers that answers of many routes have. */
export const SHARED_HEADERS: Readonly<Record<"RateLimit" | "RetryAfter" | "Challenge", Header>> = {
  RateLimit: {
    description: "What is left of each limit: `r` calls now, and `t` seconds until it is whole again.",
    schema: { type: "string" },
  },
  RetryAfter: { description: "Seconds until another try makes sense.", schema: { type: "integer", minimum: 0 } },
  Challenge: { description: "How to send credentials.", schema: { type: "string" } },
};

const statusOf = ({ status = 500 }: DocumentedError): number => status;
const shared = (name: keyof typeof SHARED_HEADERS): Reference => ({ $ref: `#/components/headers/${name}` });

type Headers = Record<string, Header | Reference>;

/** What the answers of one route are made from. */
export interface ResponsesOptions {
  readonly method: string;
  readonly book: SchemaBook;
  readonly place: string;
  readonly problems: readonly DocumentedError[];
}

/** The answers of a route: its replies, then its problems by status, then what nobody foresaw. */
export function documentResponses(contract: RouteContract, options: ResponsesOptions): Readonly<Record<string, Answer>> {
  const { method, problems } = options;
  const headers = { ...limitHeaders(contract), ...deprecationHeaders(contract) };
  const successes = documentReplies(contract, options, headers);
  const statuses = [...new Set(problems.map(statusOf))].sort((a, b) => a - b);
  const failures = statuses.map((status) => {
    const errors = problems.filter((problem) => statusOf(problem) === status);
    return [
      String(status),
      problemAnswer(status, errors, { ...headers, ...headersOf(method, contract, String(status)) }),
    ] as const;
  });
  const answers: Record<string, Answer> = { ...successes };
  for (const [status, failure] of failures) {
    const reply = answers[status];
    answers[status] = reply === undefined ? failure : merge(reply, failure);
  }
  answers["default"] = { description: "Any other error.", content: problemContent([]) };
  return answers;
}

function documentReplies(
  contract: RouteContract,
  { method, book, place }: ResponsesOptions,
  everywhere: Headers,
): Record<string, Answer> {
  const { reply, answers = {} } = contract;
  const schemas = schemasByStatus(reply);
  const statuses = [...new Set([...Object.keys(schemas), ...Object.keys(answers)])].sort();
  const unforeseen = statuses.length === 0 ? { "2XX": { description: "Success.", content: { "*/*": {} } } } : {};
  const documented: Record<string, Answer> = { ...unforeseen, ...conditionAnswers(method, contract) };
  for (const status of statuses) {
    const schema = schemas[Number(status)];
    const note = answers[Number(status)];
    const title = `${place} ${status === "200" ? "" : `${status} `}reply`;
    documented[status] = { description: describe(status, note), ...contentOf(schema && book.add(schema, "output", title), note) };
  }
  return Object.fromEntries(
    Object.entries(documented).map(([status, { description, ...rest }]) => [
      status,
      { description, ...withHeaders({ ...everywhere, ...headersOf(method, contract, status) }), ...rest },
    ]),
  );
}

/** Statuses whose answers may say where to go on: what was created, or what is elsewhere. */
const WITH_LOCATION: ReadonlySet<string> = new Set(["201", "301", "302", "303", "307", "308"]);
const LOCATION: Header = { description: "Where it is.", schema: { type: "string", format: "uri-reference" } };

/** Headers that answers of one status have by themselves. */
function headersOf(method: string, contract: RouteContract, status: string): Headers {
  return { ...(WITH_LOCATION.has(status) ? { Location: LOCATION } : {}), ...conditionHeaders(method, contract, status) };
}

function schemasByStatus(reply: ReplyDeclaration | undefined): { readonly [status: number]: Schema } {
  if (reply === undefined) return {};
  return "~standard" in reply ? { 200: reply } : reply;
}

function contentOf(schema: Record<string, unknown> | undefined, note: AnswerNote | undefined): { readonly content?: Content } {
  const types = [
    ...(schema === undefined ? [] : [["application/json", { schema }] as const]),
    ...(note?.type === undefined ? [] : [[note.type, {}] as const]),
  ];
  return types.length === 0 ? {} : { content: Object.fromEntries(types) };
}

function describe(status: string, note: AnswerNote | undefined): string {
  return note?.description ?? `${http.STATUS_CODES[status] ?? status}.`;
}

function problemAnswer(status: number, errors: readonly DocumentedError[], headers: Headers): Answer {
  const own: Headers = {
    ...headers,
    ...(status === 401 ? { "WWW-Authenticate": shared("Challenge") } : {}),
    ...(status === 429 || status === 503 ? { "Retry-After": shared("RetryAfter") } : {}),
  };
  const titles = [...new Set(errors.map((error) => error.title))];
  return { description: `${titles.join("; ")}.`, ...withHeaders(own), content: problemContent(errors) };
}

/** Problems have one schema; which they are is said by examples, named by code. */
function problemContent(errors: readonly DocumentedError[]): Content {
  const schema = { $ref: "#/components/schemas/Problem" };
  const examples = Object.fromEntries(errors.map(({ code }) => [code, { $ref: `#/components/examples/${code}` }]));
  return { [PROBLEM_TYPE]: errors.length === 0 ? { schema } : { schema, examples } };
}

/** A problem as the document shows it. */
export function exampleProblem({ code, status = 500, title }: DocumentedError): {
  readonly summary: string;
  readonly value: unknown;
} {
  const requestId = "018f4e5c-7d3a-7c1e-9b2f-3a4b5c6d7e8f";
  return { summary: title, value: { type: "about:blank", title, status, detail: `${title}.`, code, requestId } };
}

function limitHeaders(contract: RouteContract): Headers {
  const limits = listOf(contract.limit);
  if (limits.length === 0) return {};
  const policy = rateLimitPolicy(limits);
  const description = "The limits that apply: `q` calls in `w` seconds.";
  return { RateLimit: shared("RateLimit"), "RateLimit-Policy": { description, schema: { type: "string", const: policy } } };
}

const DEPRECATION_HEADERS: Readonly<Record<string, string>> = { deprecation: "Deprecation", sunset: "Sunset", link: "Link" };

function deprecationHeaders(contract: RouteContract): Headers {
  const { headers = [] } = deprecationOf(contract) ?? {};
  const documented: Headers = {};
  for (let index = 0; index < headers.length; index += 2) {
    const name = DEPRECATION_HEADERS[headers[index] as string];
    if (name !== undefined) documented[name] = { schema: { type: "string", const: headers[index + 1] } };
  }
  return documented;
}

function withHeaders(headers: Headers): { readonly headers?: Headers } {
  return Object.keys(headers).length === 0 ? {} : { headers };
}

function merge(reply: Answer, failure: Answer): Answer {
  return {
    description: reply.description,
    headers: { ...reply.headers, ...failure.headers },
    content: { ...reply.content, ...failure.content },
  };
}
