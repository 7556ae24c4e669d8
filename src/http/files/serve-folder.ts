import type { CacheOptions } from "../cache-control.ts";
import type { AuthRule, Policies, Route } from "../contract.ts";
import { route } from "../route.ts";
import { Folder } from "./folder.ts";
import { type FolderSettings, answerFromFolder, withSlash } from "./folder-site.ts";

export interface FolderOptions extends Omit<Policies, "cache"> {
  readonly auth: "public" | AuthRule<unknown>;
  /** The file that answers for the folder it lies in, such as `index.html`. Default none: folders are 404. */
  readonly index?: string;
  /**
   * How long files may be kept. For names that change with their content: `{ maxAge: "365d", shared: true, immutable: true }`.
   * Default: they are asked about each time.
   */
  readonly cache?: CacheOptions;
  /** Whether `app.js.zst`, `.br` or `.gz` beside `app.js` is sent in its place to who takes that coding. Default false. */
  readonly precompressed?: boolean;
  /** Headers of every file. Pages need a `content-security-policy` here: the default one lets them load nothing. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Serves the files of a folder, with ranges and conditions. Hidden files, links that lead out of the folder, devices, and paths that
 * are spelled to mean something else are 404. Files that are added later are served too.
 *
 * Several machines make several tags for one file: serve from each what it can answer for, or give files names that change with their
 * content, and `cache` them as immutable.
 *
 * @param path literal path that starts with a slash and ends without one, such as `/assets`; empty for the whole site
 * @param folder path on disk; a relative one is relative to the working directory
 * @throws E_HTTP_FOLDER_MISSING
 * @example
 * serveFolder("/assets", "./public", { auth: "public", precompressed: true, cache: { maxAge: "1h", shared: true } });
 */
export function serveFolder(path: string, folder: string, options: FolderOptions): readonly Route[] {
  const { index, cache = {}, precompressed = false, headers = {}, ...contract } = options;
  const settings: FolderSettings = { folder: new Folder(folder), index, cache, precompressed, headers };
  const below = route.get(`${path}/*`, contract, ({ params, request }) => answerFromFolder(settings, params["*"], request));
  if (index === undefined || path === "") return [below];
  return [below, route.get(path, contract, ({ request }) => withSlash(request))];
}
