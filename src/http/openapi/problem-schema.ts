import type { JsonSchema } from "../validation/json-schema.ts";

/** What every problem is: exactly what `toProblem` makes. */
export const PROBLEM_SCHEMA: JsonSchema = {
  type: "object",
  description: "An error (RFC 9457). `code` is stable; `title` and `detail` are for people.",
  properties: {
    type: { type: "string", format: "uri-reference" },
    title: { type: "string", description: "What kind of error this is." },
    status: { type: "integer", minimum: 400, maximum: 599 },
    detail: { type: "string", description: "What went wrong here, and what to do." },
    instance: { type: "string", description: "The request's path." },
    code: { type: "string", pattern: "^E_[A-Z0-9]+(?:_[A-Z0-9]+)+$", description: "Names the error." },
    requestId: { type: "string", description: "Quote it when you report the error; also `X-Request-Id`." },
    errors: {
      type: "array",
      description: "Every fault of the request.",
      items: {
        type: "object",
        properties: {
          in: { type: "string", description: "The part of the request: params, query, headers or body." },
          pointer: { type: "string", description: "JSON Pointer to the value in that part; empty for all of it." },
          detail: { type: "string", description: "What was expected." },
        },
        required: ["in", "pointer", "detail"],
      },
    },
  },
  required: ["type", "title", "status", "detail", "code", "requestId"],
  // Without one, pages that show the document make up a code from its pattern.
  examples: [
    {
      type: "about:blank",
      title: "Internal error",
      status: 500,
      detail: "Something failed on the server. Quote the request id when you report it.",
      code: "E_HTTP_INTERNAL",
      requestId: "018f4e5c-7d3a-7c1e-9b2f-3a4b5c6d7e8f",
    },
  ],
};
