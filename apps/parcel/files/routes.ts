import { buildPath } from "plinth/caller";
import { createId, isId } from "plinth/core";
import { errors as dbErrors } from "plinth/db";
import { type RequestView, bodyStream, checkPreconditions, errors as httpErrors, reply, route, routes } from "plinth/http";
import { commitAnswer, idempotent } from "plinth/idempotency";
import { rate } from "plinth/ratelimit";
import * as z from "zod";
import { errors } from "../errors.ts";
import type { Services } from "../services.ts";
import { hashOf, incomingFile } from "./incoming-file.ts";
import type { FileRecord, FileRecords } from "./records.ts";

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
// Control characters and line ends, Unicode's among them, would end up in a header or a log; slashes in somebody's file system. Marks that turn
// the direction of text are part of names in some scripts: whoever shows a name has to mind them.
const Name = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[^\u0000-\u001f\u007f-\u009f\u2028\u2029/\\]+$/, "expected a name without slashes, line ends and control characters");

/** Upload, list, rename, delete and download. Each file belongs to the principal that sent it; nobody else learns that it exists. */
export function files(services: Services) {
  return routes(upload(services), list(services), show(services), rename(services), remove(services), download(services));
}

const reads = () => rate("3000/1m", { by: "principal", name: "reads" });
const changes = () => rate("600/1m", { by: "principal", name: "changes" });

function upload({ disk, records, signedIn, config, clock, idempotencyKeys }: Services) {
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
      errors: [
        errors.MULTIPART_UNSUPPORTED,
        errors.FILE_MISSING,
        errors.STORAGE_FULL,
        httpErrors.BODY_MALFORMED,
        httpErrors.MULTIPART_LIMIT_EXCEEDED,
      ],
      limit: rate("300/1m", { by: "principal", name: "uploads" }),
      idempotency: idempotent({
        store: idempotencyKeys,
        required: false,
        // The file itself: a form that is sent again has other boundaries around it.
        payload: async ({ body, request }) => hashOf(await incomingFile(body, request.headers["content-type"], "")),
      }),
    },
    async (c) => {
      const { principal, query, body, request, log } = c;
      const { name, type, content } = await incomingFile(body, request.headers["content-type"], query.name);
      const createdAt = clock.now();
      const id = createId(createdAt);
      const { size, hash } = await disk.write(id, content);
      const record = { id, owner: principal.id, name, type, size, hash, createdAt, version: 1 };
      try {
        // The record comes last: what is acknowledged has both, and a file without a record is only space.
        const keep = async () => {
          await records.add(record);
          const location = buildPath("/files/:id/content", { params: { id } });
          return reply.created(record, { location, etag: tagOf(record) });
        };
        return await commitAnswer(c, keep, { payload: hash });
      } catch (thrown) {
        await disk.remove(id).catch((error: unknown) => log.error({ error }, "a file without a record was left"));
        throw thrown;
      }
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
      limit: reads(),
    },
    ({ principal, query }) => records.list(principal.id, query.limit, query.cursor),
  );
}

function show({ records, signedIn }: Services) {
  return route.get(
    "/files/:id",
    {
      auth: signedIn,
      name: "files.show",
      summary: "What is known of a file",
      params: z.object({ id: Id }),
      reply: File,
      errors: [errors.FILE_NOT_FOUND],
      limit: reads(),
    },
    async ({ principal, params }) => {
      const record = await findRecord(records, principal.id, params.id);
      return reply.json(200, record, { etag: tagOf(record) });
    },
  );
}

function rename({ records, signedIn }: Services) {
  return route.patch(
    "/files/:id",
    {
      auth: signedIn,
      name: "files.rename",
      summary: "Give a file another name",
      params: z.object({ id: Id }),
      body: z.object({ name: Name }),
      reply: File,
      errors: [errors.FILE_NOT_FOUND, httpErrors.PRECONDITION_FAILED, dbErrors.VERSION_CONFLICT],
      ifMatch: "required",
      limit: changes(),
    },
    async ({ request, principal, params, body }) => {
      const record = await findUnchanged(records, request, principal.id, params.id);
      const renamed = await records.rename(record, body.name);
      return reply.json(200, renamed, { etag: tagOf(renamed) });
    },
  );
}

function remove({ disk, records, signedIn }: Services) {
  return route.delete(
    "/files/:id",
    {
      auth: signedIn,
      name: "files.delete",
      summary: "Delete a file",
      params: z.object({ id: Id }),
      answers: { 204: { description: "It is gone." } },
      errors: [errors.FILE_NOT_FOUND, httpErrors.PRECONDITION_FAILED, dbErrors.VERSION_CONFLICT],
      limit: changes(),
    },
    async ({ request, principal, params, log }) => {
      const record = await findUnchanged(records, request, principal.id, params.id);
      await records.remove(record);
      // The record went first: bytes without one are only space.
      await disk.remove(record.id).catch((error: unknown) => log.error({ error }, "a file without a record was left"));
      return reply.empty();
    },
  );
}

/** @throws E_PARCEL_FILE_NOT_FOUND, also for files of others */
async function findRecord(records: FileRecords, owner: string, id: string): Promise<FileRecord> {
  const record = await records.find(owner, id);
  if (record === undefined) throw errors.FILE_NOT_FOUND({ id });
  return record;
}

/** @throws E_HTTP_PRECONDITION_FAILED when the caller knows another version of the record, E_PARCEL_FILE_NOT_FOUND */
async function findUnchanged(records: FileRecords, request: RequestView, owner: string, id: string): Promise<FileRecord> {
  const record = await findRecord(records, owner, id);
  checkPreconditions(request, { etag: tagOf(record) });
  return record;
}

/** The entity tag of a record. */
const tagOf = (record: FileRecord): string => `v${record.version}`;

function download({ disk, records, signedIn }: Services) {
  return route.get(
    "/files/:id/content",
    {
      auth: signedIn,
      name: "files.download",
      summary: "Download a file",
      answers: { 200: { description: "The file, with the type that it was sent with.", type: "*/*", file: true } },
      errors: [errors.FILE_NOT_FOUND],
      params: z.object({ id: Id }),
      limit: rate("3000/1m", { by: "principal", name: "downloads" }),
    },
    async ({ principal, params }) => {
      const record = await findRecord(records, principal.id, params.id);
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
