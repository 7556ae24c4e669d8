import { isUtf8 } from "node:buffer";
import { errors } from "../errors.ts";
import { isEventField } from "./server-event.ts";

/**
 * The id of the last event that a client has, if it says so. Only what an event's id may be is taken.
 *
 * @throws E_HTTP_LAST_EVENT_ID_INVALID
 */
export function readLastEventId(headers: Readonly<Record<string, string | undefined>>): string | undefined {
  const id = headers["last-event-id"];
  if (id === undefined || id === "") return undefined;
  // Node reads a header as latin1, and browsers send the id in UTF-8.
  const bytes = Buffer.from(id, "latin1");
  const text = bytes.toString("utf8");
  if (!isUtf8(bytes) || !isEventField(text)) throw errors.LAST_EVENT_ID_INVALID({});
  return text;
}
