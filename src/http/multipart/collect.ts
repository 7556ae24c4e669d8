import { addField } from "../validation/form.ts";
import type { CollectedParts, PartStream, UploadedFile } from "./declaration.ts";
import type { Spool } from "./spool.ts";

/** Reads a body's parts to their end. Names are the client's: nothing that it can name is inherited (CVE-2026-25754). */
export async function collectParts(parts: PartStream, spool: Spool): Promise<CollectedParts> {
  const fields = Object.create(null) as Record<string, string | string[]>;
  const files = Object.create(null) as Record<string, UploadedFile[]>;
  for await (const part of parts) {
    if (part.kind === "field") addField(fields, part.name, part.value);
    else (files[part.name] ??= []).push(await spool.take(part));
  }
  return { fields, files };
}
