import { buildPath } from "plinth/caller";
import { createId, isId } from "plinth/core";
import { bodyStream, errors as httpErrors, reply, route, routes } from "plinth/http";
import { rate } from "plinth/ratelimit";
import * as z from "zod";
import { errors } from "../errors.ts";
import type { Services } from "../services.ts";
import { incomingFile } from "./incoming-file.ts";

const Id = z.string().refine(isId, "expected a UUID in lower case").meta({ format: "uuid" });
const File = z
  .object({
    id: z.string(),
    name: z.string(),
    type: z.string(),
    size: z.int(),
    hash: z.string().describe("SHA-256, in hex"),
    createdAt: z
      .number()
      .transform((time) => new Date(time).toISOString())
      .pipe(z.iso.datetime()),
  })
  .meta({ id: "File", description: "A file as it is kept." });
const FilePage = z.object({ items: z.array(File).readonly(), nextCursor: z.string().nullable() });
// Control characters would end up in a header; slashes in somebody's file system.
const Name = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[^\u0000-\u001f\u007f/\\]+$/, "expected a name without slashes and control characters");

/** Upload, list and download. Each file belongs to the principal that sent it; nobody else learns that it exists. */
export function files(services: Services) {
  return routes(upload(services), list(services), download(services));
}

function upload({ disk, records, signedIn, config, clock }: Services) {
  return route.post(
    "/files",
    {
      auth: signedIn,
      name: "files.upload",
      summary: "Upload a file, as the body or as the one file of a form",
      query: z.object({ name: Name.default("unnamed") }),
      body: bodyStream(),
      bodyLimit: config.uploads.maxSize,
      reply: { 201: File },
      answers: { 201: { description: "The file as it is kept." } },
      errors: [errors.MULTIPART_UNSUPPORTED, errors.FILE_MISSING, httpErrors.BODY_MALFORMED, httpErrors.MULTIPART_LIMIT_EXCEEDED],
      limit: rate("300/1m", { by: "principal", name: "uploads" }),
    },
    async ({ principal, query, body, request, log }) => {
      const { name, type, content } = await incomingFile(body, request.headers["content-type"], query.name);
      const createdAt = clock.now();
      const id = createId(createdAt);
      const { size, hash } = await disk.write(id, content);
      const record = { id, owner: principal.id, name, type, size, hash, createdAt };
      try {
        // The record comes last: what is acknowledged has both, and a file without a record is only space.
        await records.add(record);
      } catch (thrown) {
        await disk.remove(id).catch((error: unknown) => log.error({ error }, "a file without a record was left"));
        throw thrown;
      }
      return reply.created(record, { location: buildPath("/files/:id/content", { params: { id } }) });
    },
  );
}

function list({ records, signedIn }: Services) {
  return route.get(
    "/files",
    {
      auth: signedIn,
      name: "files.list",
      summary: "List your files, newest first",
      query: z.object({ limit: z.coerce.number().int().min(1).max(100).default(20), cursor: Id.optional() }),
      reply: FilePage,
      limit: rate("3000/1m", { by: "principal", name: "reads" }),
    },
    ({ principal, query }) => records.list(principal.id, query.limit, query.cursor),
  );
}

function download({ disk, records, signedIn }: Services) {
  return route.get(
    "/files/:id/content",
    {
      auth: signedIn,
      name: "files.download",
      summary: "Download a file",
      answers: { 200: { description: "The file, with the type that it was sent with.", type: "*/*" } },
      errors: [errors.FILE_NOT_FOUND],
      params: z.object({ id: Id }),
      limit: rate("3000/1m", { by: "principal", name: "downloads" }),
    },
    async ({ principal, params }) => {
      const record = records.find(principal.id, params.id);
      if (record === undefined) throw errors.FILE_NOT_FOUND({ id: params.id });
      const { name, type, hash, createdAt } = record;
      return reply.file(await disk.read(record.id, record.size), {
        name,
        type,
        etag: hash,
        modified: createdAt,
        headers: { "content-security-policy": "sandbox; default-src 'none'" },
      });
    },
  );
}
