import type { RouteContract } from "../contract.ts";
import type { DocumentedError } from "../documentation.ts";
import { errors } from "../errors.ts";
import type { Answer, Header, Parameter } from "./contract.ts";

// What a caller may ask of an answer by the version that it has (RFC 9110, sections 13 and 14), and what it is told.

/** How a route's answers to GET and HEAD tell their version: a file's own tag, a tag of the bytes, or not at all. */
type VersionedBy = "file" | "bytes" | "nothing";

/** @param contract the app's policies included */
function versionedBy(method: string, { answers, etag }: RouteContract): VersionedBy {
  if (method !== "GET") return "nothing";
  if (answers?.[200]?.file === true) return "file";
  return etag === "auto" ? "bytes" : "nothing";
}

/** Request headers that a route's steps read by themselves. */
export function conditionParameters(method: string, contract: RouteContract): readonly Parameter[] {
  const by = versionedBy(method, contract);
  return [
    ...(by === "file" ? [RANGE, IF_RANGE] : []),
    ...(by === "nothing" ? [] : [IF_NONE_MATCH]),
    ...(method !== "GET" && contract.ifMatch === "required" ? [IF_MATCH] : []),
  ];
}

/** What those headers may be answered with. */
export function conditionErrors(method: string, contract: RouteContract): readonly DocumentedError[] {
  const by = versionedBy(method, contract);
  const fromPolicy = contract.ifMatch === "required" ? [errors.PRECONDITION_REQUIRED] : [];
  return [
    ...fromPolicy,
    ...(by === "nothing" && fromPolicy.length === 0 ? [] : [errors.PRECONDITION_FAILED]),
    ...(by === "file" ? [errors.RANGE_UNSATISFIABLE] : []),
  ];
}

const text = (name: string, description: string, examples: readonly string[]): Parameter => ({
  name,
  in: "header",
  description,
  schema: { type: "string", examples },
});
const RANGE = text("Range", "The part that is wanted. What is no range is ignored.", [
  "bytes=0-1023",
  "bytes=-500",
  "bytes=1048576-",
]);
const IF_RANGE = text("If-Range", "Sends a part only of this version, else the whole.", ['"v1"']);
const IF_NONE_MATCH = text("If-None-Match", "The versions that the caller has.", ['"v1"', "*"]);
const IF_MATCH = text("If-Match", "The version that the change is meant for. `If-None-Match` may take its place.", ['"v1"', "*"]);

const ETAG = { ETag: { description: "The version that this is.", schema: { type: "string" } } };
const VERSION = { ...ETAG, "Last-Modified": { description: "When it last changed.", schema: { type: "string" } } };
const ACCEPT_RANGES = { "Accept-Ranges": { description: "Parts may be asked for.", schema: { type: "string", const: "bytes" } } };
const contentRange = (description: string): Headers => ({ "Content-Range": { description, schema: { type: "string" } } });

type Headers = Readonly<Record<string, Header>>;

const HEADERS: Readonly<Record<VersionedBy, Readonly<Record<string, Headers>>>> = {
  nothing: {},
  bytes: { 200: ETAG, "2XX": ETAG, 304: ETAG },
  file: {
    200: { ...VERSION, ...ACCEPT_RANGES },
    206: { ...VERSION, ...ACCEPT_RANGES, ...contentRange("Which part this is; of several, each says it itself.") },
    304: VERSION,
    416: contentRange("How many bytes there are."),
  },
};

/** Headers that answers of one status have by themselves. @param status as the document writes it */
export function conditionHeaders(method: string, contract: RouteContract, status: string): Headers {
  return HEADERS[versionedBy(method, contract)][status] ?? {};
}

/** Answers to a caller who asks for a part, or who has the current version. */
export function conditionAnswers(method: string, contract: RouteContract): Readonly<Record<string, Answer>> {
  const by = versionedBy(method, contract);
  const type = contract.answers?.[200]?.type ?? "*/*";
  return {
    ...(by === "file"
      ? { 206: { description: "The part that was asked for.", content: { [type]: {}, "multipart/byteranges": {} } } }
      : {}),
    ...(by === "nothing" ? {} : { 304: { description: "What the caller has is current." } }),
  };
}
