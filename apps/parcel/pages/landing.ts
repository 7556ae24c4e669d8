import { reply, route, routes } from "plinth/http";
import { rate } from "plinth/ratelimit";
import { type Html, html } from "plinth/security";
import type { Services } from "../services.ts";

const STYLE = `
  :root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); }
  body { font: 1rem/1.6 system-ui, sans-serif; max-width: 44rem; margin: 4rem auto; padding: 0 1.25rem; }
  h1 { font-size: 2rem; margin: 0; letter-spacing: -0.02em; }
  h2 { font-size: 1rem; margin: 2.5rem 0 0.5rem; }
  p.lead { font-size: 1.125rem; margin-top: 0.25rem; opacity: 0.8; }
  code, pre { font: 0.875rem/1.6 ui-monospace, monospace; }
  pre { padding: 1rem; border: 1px solid var(--line); border-radius: 0.5rem; white-space: pre-wrap; overflow-wrap: anywhere; }
  table { border-collapse: collapse; width: 100%; }
  td { padding: 0.4rem 1rem 0.4rem 0; border-top: 1px solid var(--line); vertical-align: top; }
`;

const ROUTES: readonly (readonly [route: string, does: string])[] = [
  ["POST /files?name=…", "Upload a file, as the body or as the one file of a form."],
  ["GET /files?limit=&cursor=", "List your files, newest first."],
  ["GET /files/:id", "What is known of one."],
  ["PATCH /files/:id", "Give it another name."],
  ["DELETE /files/:id", "Delete it."],
  ["GET /files/:id/content", "Download it."],
];

/** What a person sees who opens the server's address in a browser. */
export function landing(services: Services) {
  return routes(
    route.get(
      "/",
      {
        auth: "public",
        summary: "What is running here",
        documented: false,
        limit: rate("600/1m", { by: "address", name: "page" }),
      },
      ({ nonce }) => reply.html(page(services, nonce)),
    ),
  );
}

function page({ config, environment }: Services, nonce: string): Html {
  const isPrivate = environment !== "production";
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Parcel</title>
        <link rel="icon" href="data:," />
        <style nonce="${nonce}">
          ${STYLE}
        </style>
      </head>
      <body>
        <h1>Parcel</h1>
        <p class="lead">A file-drop service, running on Plinth.</p>
        <p><a href="/docs">Read the API and try it out</a>, or take its <a href="/openapi.json">OpenAPI document</a>.</p>
        <h2>Routes</h2>
        <p>A file may have up to ${config.uploads.maxSize}.</p>
        <table>
          ${ROUTES.map(
            ([path, does]) =>
              html`<tr>
                <td><code>${path}</code></td>
                <td>${does}</td>
              </tr>`,
          )}
        </table>
        ${isPrivate && forDevelopers(config)}
        <h2>Not there yet</h2>
        <p>Accounts, sharing links and webhooks.</p>
      </body>
    </html>`;
}

/** Addresses that only whoever runs the server on their own machine can use. */
function forDevelopers({ port, adminPort }: Services["config"]): Html {
  const admin = `http://localhost:${adminPort}`;
  return html`<h2>Try it</h2>
    <p>
      Each needs a bearer token. In development one for <code>dev</code> was printed when the server started;
      <code>npx plinth token &lt;subject&gt;</code> makes others.
    </p>
    <pre>
curl -H "authorization: Bearer $TOKEN" -H "content-type: image/jpeg" --data-binary @photo.jpg "${`http://localhost:${port}`}/files?name=photo.jpg"</pre>
    <h2>For operators</h2>
    <p>
      Health and metrics are on the admin port: <a href="${admin}/readyz?verbose">${admin}/readyz</a>,
      <a href="${admin}/metrics">/metrics</a>.
    </p>`;
}
