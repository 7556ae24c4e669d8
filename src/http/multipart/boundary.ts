import { parseMediaType } from "../../security/mod.ts";
import { checkCharset } from "../body/whole-body.ts";
import { errors } from "../errors.ts";

const TYPE = "multipart/form-data";

/**
 * The boundary that a Content-Type names.
 *
 * @throws E_HTTP_BODY_TYPE_UNSUPPORTED, E_HTTP_BODY_CHARSET_UNSUPPORTED, E_HTTP_BODY_MALFORMED
 */
export function boundaryOf(contentType: string | undefined): string {
  const media = contentType === undefined ? undefined : parseMediaType(contentType);
  if (media?.type !== TYPE) throw errors.BODY_TYPE_UNSUPPORTED({ accepted: [TYPE] });
  checkCharset(media.charset);
  if (media.boundary === undefined) throw errors.BODY_MALFORMED({ reason: "Content-Type names no boundary." });
  return media.boundary;
}
