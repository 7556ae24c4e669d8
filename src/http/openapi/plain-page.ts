import { type Html, html } from "../../security/mod.ts";
import { PROBLEM_TYPE } from "../problem.ts";
import type { JsonSchema } from "../validation/json-schema.ts";
import type { Content, OpenApiDocument, Operation, Parameter } from "./contract.ts";
import { fieldsOf, typeOf } from "./schema-fields.ts";

const STYLE = `
  :root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); }
  body { font: 1rem/1.6 system-ui, sans-serif; max-width: 56rem; margin: 3rem auto; padding: 0 1.25rem; }
  h1 { margin: 0; letter-spacing: -0.02em; } h2 { margin: 2.5rem 0 0; }
  h3 { font: 600 1rem/1.6 ui-monospace, monospace; margin: 1.75rem 0 0; padding-top: 0.75rem; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
  p { margin: 0.25rem 0; white-space: pre-line; } code { font: 0.875rem ui-monospace, monospace; }
  table { border-collapse: collapse; width: 100%; font-size: 0.9375rem; }
  th { text-align: left; padding-top: 0.75rem; } td { padding: 0.15rem 1rem 0.15rem 0; vertical-align: top; overflow-wrap: anywhere; }
  .field td:first-child { padding-left: 1.25rem; }
  .old { text-decoration: line-through; }
`;

/** The operations of a document as a page without scripts. Every text in it is escaped. */
export function plainPage(document: OpenApiDocument, nonce: string): Html {
  const { title, version } = document.info;
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
  );
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} API</title>
        <link rel="icon" href="data:," />
        <style nonce="${nonce}">
          ${STYLE}
        </style>
      </head>
      <body>
        <h1>${title}</h1>
        <p>Version ${version}. <a href="openapi.json">OpenAPI document</a></p>
        ${document.tags.map(
          (tag) =>
            html`<h2>${tag.name}</h2>
              ${operations
                .filter(({ operation }) => operation.tags?.[0] === tag.name)
                .map(({ name, operation }) => operationPart(name, operation, document))}`,
        )}
        <h2>Errors</h2>
        <p>Every error has the media type ${PROBLEM_TYPE} and these fields.</p>
        <table>
          ${fieldRows(document.components.schemas["Problem"] ?? {}, document)}
        </table>
      </body>
    </html>`;
}

function operationPart(name: string, operation: Operation, document: OpenApiDocument): Html {
  const { summary, description, security, parameters = [], requestBody, responses, operationId } = operation;
  const schemes = security.flatMap((one) => Object.entries(one).map(([scheme, scopes]) => [scheme, ...scopes].join(" ")));
  return html`<h3 id="${operationId}" class="${operation.deprecated === true ? "old" : ""}">${name}</h3>
    <p>${summary === name ? "" : (summary ?? "")}${operation.deprecated === true ? " (deprecated)" : ""}</p>
    ${description !== undefined && html`<p>${description}</p>`}
    ${schemes.length > 0 && html`<p>Credentials: ${schemes.join(" or ")}</p>`}
    <table>
      ${parameters.length > 0 && headRow("Parameters")} ${parameters.map((parameter) => parameterRow(parameter))}
      ${
        requestBody !== undefined &&
        html`${headRow("Body")} ${row(Object.keys(requestBody.content).join(", "), requestBody.description ?? "")}
        ${contentRows(requestBody.content, document)}`
      }
      ${headRow("Answers")}
      ${Object.entries(responses).map(
        ([status, answer]) => html`${row(status, answer.description)} ${contentRows(answer.content ?? {}, document)}`,
      )}
    </table>`;
}

function parameterRow({ name, in: place, required, description, schema }: Parameter): Html {
  const facts = [place, typeOf(schema), required === true ? "required" : undefined, description];
  return row(name, facts.filter((fact) => fact !== undefined).join(", "));
}

/** The fields of bodies and answers, inner ones with their path. Those of errors are the same everywhere, and stand at the end. */
function contentRows(content: Content, document: OpenApiDocument): readonly Html[] {
  return Object.entries(content)
    .filter(([type]) => type !== PROBLEM_TYPE)
    .flatMap(([, { schema = {} }]) => fieldRows(schema, document));
}

function fieldRows(schema: JsonSchema, document: OpenApiDocument): readonly Html[] {
  return fieldsOf(schema, document).map(({ name, type, required, description }) => {
    const facts = [type, required ? "required" : undefined, description];
    return html`<tr class="field">
      <td><code>${name}</code></td>
      <td>${facts.filter((fact) => fact !== undefined).join(", ")}</td>
    </tr>`;
  });
}

function headRow(title: string): Html {
  return html`<tr>
    <th colspan="2">${title}</th>
  </tr>`;
}

function row(name: string, text: string): Html {
  return html`<tr>
    <td><code>${name}</code></td>
    <td>${text}</td>
  </tr>`;
}
