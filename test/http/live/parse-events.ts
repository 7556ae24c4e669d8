/** An event as a browser hands it on. */
export interface SeenEvent {
  /** The last id so far. */
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

/** What a browser makes of a stream, by the letter of WHATWG HTML, section 9.2.6. Events without data are not handed on. */
export function parseEvents(stream: string): SeenEvent[] {
  const seen: SeenEvent[] = [];
  let id = "";
  let event = "";
  let data: string[] = [];
  for (const line of stream.split(/\r\n|\r|\n/).slice(0, -1)) {
    if (line === "") {
      if (data.length > 0) seen.push({ id, event: event || "message", data: data.join("\n") });
      event = "";
      data = [];
      continue;
    }
    const colon = line.indexOf(":");
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") data.push(value);
    else if (name === "event") event = value;
    else if (name === "id" && !value.includes("\0")) id = value;
  }
  return seen;
}
