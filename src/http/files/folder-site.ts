import type { CacheOptions } from "../cache-control.ts";
import { type Coding, rankCodings } from "../compression/coding.ts";
import type { RequestView } from "../contract.ts";
import { errors } from "../errors.ts";
import { type Reply, reply } from "../reply.ts";
import type { FileSource } from "./file-source.ts";
import type { Folder } from "./folder.ts";
import { mediaTypeOf } from "./media-type-of.ts";
import { hidesSeparator } from "./safe-path.ts";

/** How the files of a folder are answered. */
export interface FolderSettings {
  readonly folder: Folder;
  readonly index: string | undefined;
  readonly precompressed: boolean;
  readonly cache: CacheOptions;
  readonly headers: Readonly<Record<string, string>>;
}

/** A file that was found, and what its bytes are coded in. */
interface Found {
  readonly file: FileSource;
  readonly coding: Coding | null;
}

const ENDINGS: Readonly<Record<Coding, string>> = { zstd: ".zst", br: ".br", gzip: ".gz" };

/**
 * Answers with the file that a path names.
 *
 * @param path below the folder, decoded once
 * @throws E_HTTP_ROUTE_NOT_FOUND for whatever is no file there
 */
export async function answerFromFolder(settings: FolderSettings, path: string, request: RequestView): Promise<Reply> {
  const { folder, index } = settings;
  const asked = pathOf(request);
  if (hidesSeparator(asked)) throw errors.ROUTE_NOT_FOUND({ path: asked });
  const isFolder = path === "" || path.endsWith("/");
  if (index === undefined && isFolder) throw errors.ROUTE_NOT_FOUND({ path: asked });
  const name = isFolder ? path + index : path;
  const found = await find(settings, name, request.headers["accept-encoding"]);
  if (found !== undefined) return fileReply(settings, name, found);
  if (index !== undefined && !isFolder) {
    const below = await folder.open(`${path}/${index}`);
    below?.close?.();
    // Links in the page are relative to its folder, and so need the slash.
    if (below !== undefined) return withSlash(request);
  }
  throw errors.ROUTE_NOT_FOUND({ path: asked });
}

/** Leads to the same path with a slash at its end. */
export function withSlash(request: RequestView): Reply {
  return reply.redirect(`${pathOf(request)}/`, { status: 307 });
}

async function find(
  { folder, precompressed }: FolderSettings,
  name: string,
  accepted: string | undefined,
): Promise<Found | undefined> {
  if (precompressed && accepted !== undefined) {
    for (const coding of rankCodings(accepted)) {
      const file = await folder.open(name + ENDINGS[coding]);
      if (file !== undefined) return { file, coding };
    }
  }
  const file = await folder.open(name);
  return file === undefined ? undefined : { file, coding: null };
}

function fileReply(settings: FolderSettings, name: string, { file, coding }: Found): Reply {
  const headers: Record<string, string> = { ...settings.headers };
  if (coding !== null) headers["content-encoding"] = coding;
  if (settings.precompressed) headers["vary"] = "accept-encoding";
  return reply.file(file, { inline: true, type: mediaTypeOf(name), cache: settings.cache, headers });
}

function pathOf({ url }: RequestView): string {
  return url.split("?", 1)[0] as string;
}
