import type { BodyDeclaration, BodyStreamDeclaration, Schema } from "../contract.ts";
import type { MultipartDeclaration, MultipartStreamDeclaration } from "../multipart/declaration.ts";

/** How a body is read: as `kind` says, or whole, where a schema is all that the route declares. */
export type BodyKind = "whole" | "stream" | "multipart" | "multipart-stream";

export function kindOf(body: BodyDeclaration): BodyKind {
  const { kind } = body as { kind?: unknown };
  return kind === "stream" || kind === "multipart" || kind === "multipart-stream" ? kind : "whole";
}

export function isBodyStream(body: BodyDeclaration): body is BodyStreamDeclaration {
  return kindOf(body) === "stream";
}

export function isMultipart(body: BodyDeclaration): body is MultipartDeclaration | MultipartStreamDeclaration {
  return kindOf(body) === "multipart" || kindOf(body) === "multipart-stream";
}

/** Whether the body is validated before the handler runs; the others the handler reads itself. */
export function isValidated(body: BodyDeclaration): body is Schema {
  return kindOf(body) === "whole" || kindOf(body) === "multipart";
}
