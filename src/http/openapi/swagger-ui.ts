import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Html, createCsp, html } from "../../security/mod.ts";
import { openFile } from "../files/open-file.ts";
import { type Reply, reply } from "../reply.ts";

/** The interactive page and its files. */
export interface SwaggerUi {
  answerInteractivePage(title: string): Reply;
  /** @returns undefined for what is none of the page's files */
  answerAsset(name: string): Promise<Reply | undefined>;
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

/** Media types of the package's files that the page loads; no other is served. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ["swagger-ui.css", "text/css; charset=utf-8"],
  ["swagger-ui-bundle.js", "text/javascript; charset=utf-8"],
]);

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
      answerAsset: (name) => answerAsset({ manifest, name, version }),
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
  readonly manifest: string;
  readonly name: string;
  readonly version: string;
}

async function answerAsset({ manifest, name, version }: Asset): Promise<Reply | undefined> {
  if (name === "start.js") return reply.text(START, { type: "text/javascript; charset=utf-8" });
  const type = TYPES.get(name);
  if (type === undefined) return undefined;
  const file = await openFile(fileURLToPath(new URL(name, manifest)));
  if (file === undefined) return undefined;
  return reply.file(file, { type, inline: true, etag: version, headers: { "cache-control": "no-cache" } });
}
