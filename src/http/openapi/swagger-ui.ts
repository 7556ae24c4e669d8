import { createReadStream, readFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type Html, createCsp, html } from "../../security/mod.ts";
import { type Reply, reply } from "../reply.ts";

/** The interactive page and its files. */
export interface SwaggerUi {
  answerInteractivePage(title: string): Reply;
  /** @param name of one of the page's files @param known the request's If-None-Match */
  answerAsset(name: string, known: string | undefined): Promise<Reply>;
}

/** Everything that the page may load comes from this server. Its script puts no style into the markup that a policy would have to allow. */
const POLICY = createCsp({
  "default-src": ["'none'"],
  "script-src": ["'self'"],
  "style-src": ["'self'"],
  "img-src": ["'self'", "data:"],
  "connect-src": ["'self'"],
  "base-uri": ["'none'"],
  "form-action": ["'none'"],
  "frame-ancestors": ["'none'"],
}).withoutNonce;

const TYPES: Readonly<Record<string, string>> = {
  "swagger-ui.css": "text/css; charset=utf-8",
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
};

// No validator: the document is not sent to anybody.
const START = `window.ui = SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
});
`;

let found: SwaggerUi | null | undefined;

/** Looks for the package swagger-ui-dist, once. */
export function findSwaggerUi(): SwaggerUi | undefined {
  if (found === undefined) found = openPackage();
  return found ?? undefined;
}

function openPackage(): SwaggerUi | null {
  try {
    const manifest = import.meta.resolve("swagger-ui-dist/package.json");
    const { version } = JSON.parse(readFileSync(fileURLToPath(manifest), "utf8")) as { readonly version: string };
    return {
      answerInteractivePage: (title) =>
        reply.html(interactivePage(title), { headers: { "content-security-policy": POLICY, "cache-control": "no-cache" } }),
      answerAsset: (name, known) => answerAsset({ file: new URL(name, manifest), name, version }, known),
    };
  } catch {
    return null; // not installed: the page without scripts takes its place
  }
}

function interactivePage(title: string): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="docs/swagger-ui.css" />
      </head>
      <body>
        <div id="swagger-ui"></div>
        <script src="docs/swagger-ui-bundle.js"></script>
        <script src="docs/start.js"></script>
      </body>
    </html>`;
}

interface Asset {
  readonly file: URL;
  readonly name: string;
  readonly version: string;
}

async function answerAsset({ file, name, version }: Asset, known: string | undefined): Promise<Reply> {
  if (name === "start.js") return reply.text(START, { type: "text/javascript; charset=utf-8" });
  const headers = { etag: `"${version}"`, "cache-control": "no-cache" };
  if (known === headers.etag) return reply.empty(304, { headers });
  const { size } = await stat(file);
  return reply.stream(createReadStream(file), { type: TYPES[name] as string, length: size, headers });
}
