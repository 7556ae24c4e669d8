import { createHash } from "node:crypto";
import { type BodyStream, type FormPart, multipartStream, readMultipart } from "plinth/http";
import { errors } from "../errors.ts";

/** A file as it comes in. */
export interface IncomingFile {
  readonly name: string;
  readonly type: string;
  readonly content: AsyncIterable<Uint8Array>;
}

const MediaType = /^[\w!#$&^.+-]{1,64}\/[\w!#$&^.+-]{1,64}$/;
const FORM = multipartStream({ files: { file: { types: ["*"] } }, limits: { fields: 0 } });

/** Takes a file that is the body itself, or the one file of a form. A form's file has the type that its content says, and its own name. */
export async function incomingFile(body: BodyStream, contentType: string | undefined, name: string): Promise<IncomingFile> {
  const essence = contentType?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (!essence.startsWith("multipart/")) {
    // The type to give back with the file, if it is one; browsers are told not to believe it anyway.
    return { name, type: MediaType.test(essence) ? essence : "application/octet-stream", content: body };
  }
  if (essence !== "multipart/form-data") throw errors.MULTIPART_UNSUPPORTED({});
  const parts = readMultipart(body, contentType, FORM)[Symbol.asyncIterator]();
  const first = await parts.next();
  if (first.done === true || first.value.kind !== "file") throw errors.FILE_MISSING({});
  const { filename, type, stream } = first.value;
  return { name: filename === "" ? name : filename, type, content: untilEnd(stream, parts) };
}

/** A file, whole only when the form is: what comes behind it is read before it counts as received. */
async function* untilEnd(stream: AsyncIterable<Uint8Array>, parts: AsyncIterator<FormPart>): AsyncGenerator<Uint8Array> {
  yield* stream;
  await parts.next();
}

/** SHA-256 of a file, in hex. */
export async function hashOf({ content }: IncomingFile): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of content) hash.update(chunk);
  return hash.digest("hex");
}
