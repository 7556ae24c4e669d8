import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Html, createCsp, html } from "../../security/mod.ts";
import { errors } from "../errors.ts";
import { openFile } from "../files/open-file.ts";
import { type Reply, reply } from "../reply.ts";

/** The interactive page and its files. */
export interface SwaggerUi {
  answerInteractivePage(title: string): Reply;
  /** @param name of one of the page's files */
  answerAsset(name: string): Promise<Reply>;
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
      answerAsset: (name) => answerAsset({ path: fileURLToPath(new URL(name, manifest)), name, version }),
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
  readonly path: string;
  readonly name: string;
  readonly version: string;
}

async function answerAsset({ path, name, version }: Asset): Promise<Reply> {
  if (name === "start.js") return reply.text(START, { type: "text/javascript; charset=utf-8" });
  const file = await openFile(path);
  if (file === undefined) throw errors.ROUTE_NOT_FOUND({ path: name });
  return reply.file(file, { type: TYPES[name] as string, inline: true, etag: version, headers: { "cache-control": "no-cache" } });
}
