import type { OpenApiDocument } from "../../http/mod.ts";

import { errors } from "../errors.ts";
import { findAnswerFault } from "./answer-fault.ts";
import { type ApiOperation, operationsOf } from "./operations.ts";
import { loadFastCheck } from "./packages.ts";
import { type PlannedRequest, type RequestMaker, createRequests } from "./requests.ts";
import { createSchemaCheck } from "./schema-check.ts";
import type { ValueTools } from "./values.ts";

/** Where requests go; a target that sends them on looks at the rest alone. */
const ORIGIN = "http://localhost";

/** What takes requests: a test app, or anything that sends them on. */
export interface FuzzTarget {
  fetch(request: Request): Promise<Response>;
}

export interface FuzzOptions {
  /** The same seed makes the same requests. Default: a random one, which the report and every failure name. */
  readonly seed?: number;
  /** At least so many requests that fit the document. Default 2,000. */
  readonly valid?: number;
  /** At least so many that do not. Default 2,000. */
  readonly invalid?: number;
  /** What the target promises. Default: what it answers at `/openapi.json`. */
  readonly document?: OpenApiDocument;
  /** Headers that carry good credentials, by security scheme. Without any, guarded routes answer 401. */
  readonly credentials?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface FuzzReport {
  readonly seed: number;
  /** How many requests were sent that fit the document, and that did not. */
  readonly sent: { readonly valid: number; readonly invalid: number };
  /** How many answers had each status. */
  readonly statuses: Readonly<Record<number, number>>;
  /**
   * Requests that fit the document and were answered 400 all the same, by operation: the route wants more than its schema can say.
   */
  readonly refused: Readonly<Record<string, number>>;
  /** Requests that did not fit it and succeeded, by operation: the route takes more than its schema says. */
  readonly accepted: Readonly<Record<string, number>>;
}

/**
 * Sends random requests, made from the OpenAPI document of an app, valid ones and ones that are wrong in one way. Every answer must be
 * one that the document promises, by status, media type, schema and problem code, and none a 5xx. A failing request is made as small
 * as it can be. Needs the packages `ajv` and `fast-check`.
 *
 * @throws E_TESTING_FUZZ_FAILED with the request, the seed, and what the document does not promise; E_TESTING_PACKAGE_MISSING
 * @example
 * await using app = await createTestApp(shop);
 * const report = await fuzzRoutes(app, { credentials: { bearer: { authorization: `Bearer ${token}` } } });
 */
export async function fuzzRoutes(target: FuzzTarget, options: FuzzOptions = {}): Promise<FuzzReport> {
  const { seed = Math.floor(Math.random() * 0x7fffffff), valid = 2_000, invalid = 2_000 } = options;
  const document = options.document ?? (await loadDocument(target));
  const tools: ValueTools = { fc: await loadFastCheck(), document, check: await createSchemaCheck(document) };
  const fuzzer = new Fuzzer(target, tools, seed);
  const makers = operationsOf(document).map((operation) => {
    const credentials = credentialsFor(operation, options.credentials ?? {});
    return { operation, requests: createRequests(tools, operation, credentials) };
  });
  await fuzzer.run("valid", makers, valid);
  await fuzzer.run("invalid", makers, invalid);
  return fuzzer.report();
}

async function loadDocument(target: FuzzTarget): Promise<OpenApiDocument> {
  const response = await target.fetch(new Request(`${ORIGIN}/openapi.json`));
  if (!response.ok) throw errors.DOCUMENT_MISSING({ status: response.status });
  return (await response.json()) as OpenApiDocument;
}

function credentialsFor({ security }: ApiOperation, known: NonNullable<FuzzOptions["credentials"]>): Record<string, string> {
  const [requirement = {}] = security;
  return Object.assign({}, ...Object.keys(requirement).map((scheme) => known[scheme])) as Record<string, string>;
}

type Kind = "valid" | "invalid";
interface Maker {
  readonly operation: ApiOperation;
  readonly requests: RequestMaker;
}

class Fuzzer {
  readonly #target: FuzzTarget;
  readonly #tools: ValueTools;
  readonly #seed: number;
  readonly #sent = { valid: 0, invalid: 0 };
  readonly #statuses: Record<number, number> = {};
  readonly #surprises = { valid: {} as Record<string, number>, invalid: {} as Record<string, number> };

  constructor(target: FuzzTarget, tools: ValueTools, seed: number) {
    this.#target = target;
    this.#tools = tools;
    this.#seed = seed;
  }

  report(): FuzzReport {
    const { valid: refused, invalid: accepted } = this.#surprises;
    return { seed: this.#seed, sent: this.#sent, statuses: this.#statuses, refused, accepted };
  }

  /** Sends so many requests of one kind, spread over the operations that have it. */
  async run(kind: Kind, makers: readonly Maker[], count: number): Promise<void> {
    const able = makers.filter(({ requests }) => requests[kind] !== undefined);
    for (const maker of able) await this.#check(kind, maker, Math.ceil(count / able.length));
  }

  async #check(kind: Kind, { operation, requests }: Maker, numRuns: number): Promise<void> {
    const { fc } = this.#tools;
    const planned = requests[kind] as NonNullable<RequestMaker[Kind]>;
    let fault: string | undefined;
    const property = fc.asyncProperty(planned, async (request) => {
      fault = await this.#send(kind, operation, request);
      return fault === undefined;
    });
    const run = await fc.check(property, { seed: this.#seed, numRuns });
    if (!run.failed) return;
    const request = run.counterexample?.[0];
    const answer = (request && (await this.#send(kind, operation, request))) ?? fault ?? String(run.errorInstance);
    throw errors.FUZZ_FAILED(
      { operation: nameOf(operation), seed: this.#seed, request: request === undefined ? "(none)" : print(request), answer },
      run.errorInstance === null ? {} : { cause: run.errorInstance },
    );
  }

  async #send(kind: Kind, operation: ApiOperation, request: PlannedRequest): Promise<string | undefined> {
    const { method, path, headers, body } = request;
    const response = await this.#target.fetch(
      new Request(`${ORIGIN}${path}`, {
        method,
        headers,
        redirect: "manual",
        ...(body === undefined ? {} : { body: body as Uint8Array<ArrayBuffer> }),
      }),
    );
    const { status } = response;
    this.#sent[kind]++;
    this.#statuses[status] = (this.#statuses[status] ?? 0) + 1;
    if (kind === "valid" ? status === 400 : status < 400) {
      const name = nameOf(operation);
      this.#surprises[kind][name] = (this.#surprises[kind][name] ?? 0) + 1;
    }
    return findAnswerFault(operation, { status, headers: response.headers, text: await response.text() }, this.#tools.check);
  }
}

const nameOf = ({ method, path }: ApiOperation): string => `${method} ${path}`;

function print({ method, path, headers, body }: PlannedRequest): string {
  const fields = Object.entries(headers).map(
    ([name, value]) => `\n${name}: ${/^(?:authorization|cookie)$/i.test(name) ? "…" : value}`,
  );
  const text =
    body === undefined ? "" : `\n\n${typeof body === "string" ? body.slice(0, 2_000) : `(${body.length} bytes) ${String(body)}`}`;
  return `${method} ${path}${fields.join("")}${text}`;
}
