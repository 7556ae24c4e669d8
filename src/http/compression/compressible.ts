// Text, and what is text in all but name. Images, videos, archives and most fonts are compressed by themselves.
const COMPRESSIBLE =
  /^(?:text\/|application\/(?:[\w.-]+\+)?(?:json|xml)(?![\w+.-])|application\/(?:javascript|wasm|x-ndjson|jsonl|yaml|rtf|manifest\+json|graphql)(?![\w+.-])|image\/(?:svg\+xml|bmp|x-icon|vnd\.microsoft\.icon)(?![\w+.-])|font\/(?:ttf|otf|collection)(?![\w+.-])|model\/)/i;

/** Whether a body of this media type gets shorter by compressing it. @param type with or without parameters */
export function isCompressible(type: string): boolean {
  return COMPRESSIBLE.test(type);
}

/** A stream of events, whose subscribers stay for hours: each would hold a compressor's memory all that time. */
export function isEventStream(type: string): boolean {
  return /^text\/event-stream(?![\w+.-])/i.test(type);
}
