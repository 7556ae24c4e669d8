import type { MultipartStreamDeclaration, FormPart, PartStream } from "./declaration.ts";
import { keepError } from "../pipeline/body-stream.ts";

/**
 * Reads a body as multipart that its route takes as any stream (`bodyStream()`), for routes whose callers may choose.
 *
 * @param body the body
 * @param contentType the request's Content-Type
 * @param declaration the rules that hold for its parts, by `multipartStream()`
 * @example
 * for await (const part of readMultipart(body, request.headers["content-type"], multipartStream())) console.log(part.name);
 */
export function readMultipart(
  body: AsyncIterable<Uint8Array>,
  contentType: string | undefined,
  declaration: MultipartStreamDeclaration,
): PartStream {
  return keepError(parts(body, contentType, declaration));
}

async function* parts(
  body: AsyncIterable<Uint8Array>,
  contentType: string | undefined,
  { files, limits }: MultipartStreamDeclaration,
): AsyncGenerator<FormPart> {
  // Loaded by who needs it: most programs read no multipart body.
  const [{ boundaryOf }, { readParts }, { resolveParts }] = await Promise.all([
    import("./boundary.ts"),
    import("./parts.ts"),
    import("./settings.ts"),
  ]);
  yield* readParts(body, boundaryOf(contentType), resolveParts(files, limits));
}
