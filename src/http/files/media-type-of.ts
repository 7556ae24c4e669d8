import { extname } from "node:path";
import { mimes } from "mrmime";

/** The media type of a file by the end of its name; `application/octet-stream` for one that is not known. Text is UTF-8. */
export function mediaTypeOf(name: string): string {
  const extension = extname(name).slice(1).toLowerCase();
  const type = Object.hasOwn(mimes, extension) ? (mimes[extension] as string) : "application/octet-stream";
  return type.startsWith("text/") ? `${type}; charset=utf-8` : type;
}
