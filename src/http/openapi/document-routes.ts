import { hash } from "node:crypto";
import type { Logger } from "../../log/contract.ts";
import type { Route } from "../contract.ts";
import { type Reply, reply } from "../reply.ts";
import { route, routes } from "../route.ts";
import { errors } from "../errors.ts";
import type { OpenApiDocument } from "./contract.ts";
import { type DocumentOptions, describeApi } from "./describe-api.ts";
import type { SwaggerUi } from "./swagger-ui.ts";

export interface DocumentRoutesOptions extends DocumentOptions {
  readonly log: Logger;
  /** Whether the page at `/docs` is interactive where the package swagger-ui-dist is installed. Default true. */
  readonly interactive?: boolean;
}

/** The document as it is served. */
interface ServedDocument {
  readonly document: OpenApiDocument;
  readonly text: string;
  readonly etag: string;
}

const NOT_DOCUMENTED = { auth: "public", documented: false } as const;

/**
 * Routes that answer the OpenAPI document of other routes at `/openapi.json`, and show it at `/docs`: interactive where the package
 * swagger-ui-dist is installed, else a plain page. The document is made when it is first asked for, and kept; what in the routes cannot
 * be documented is logged then.
 */
export function documentRoutes(options: DocumentRoutesOptions): readonly Route[] {
  let made: Promise<ServedDocument> | undefined;
  const load = (): Promise<ServedDocument> => (made ??= createServed(options));
  return routes(
    route.get("/openapi.json", { ...NOT_DOCUMENTED, summary: "The OpenAPI document" }, async () => answerDocument(await load())),
    route.get("/docs", { ...NOT_DOCUMENTED, summary: "The API, to read and to try" }, async (c) => {
      const page = await loadPage(options);
      if (page !== undefined) return page.answerInteractivePage(`${options.title} API`);
      const { plainPage } = await import("./plain-page.ts");
      return reply.html(plainPage((await load()).document, c.nonce));
    }),
    route.get("/docs/:asset", { ...NOT_DOCUMENTED, summary: "Files of /docs" }, async ({ params, request }) => {
      const answer = await (await loadPage(options))?.answerAsset(params.asset);
      if (answer === undefined) throw errors.ROUTE_NOT_FOUND({ path: request.url });
      return answer;
    }),
  );
}

/** What makes the interactive page, if its package is installed. */
async function loadPage({ interactive = true }: DocumentRoutesOptions): Promise<SwaggerUi | undefined> {
  if (!interactive) return undefined;
  const { findSwaggerUi } = await import("./swagger-ui.ts");
  return findSwaggerUi();
}

async function createServed(options: DocumentRoutesOptions): Promise<ServedDocument> {
  const { document, warnings } = await describeApi(options);
  for (const warning of warnings) options.log.warn({ warning }, "the API document is not whole");
  const text = JSON.stringify(document);
  return { document, text, etag: hash("sha256", text, "base64url").slice(0, 22) };
}

function answerDocument({ text, etag }: ServedDocument): Reply {
  return reply.text(text, { type: "application/json; charset=utf-8", etag, headers: { "cache-control": "no-cache" } });
}
