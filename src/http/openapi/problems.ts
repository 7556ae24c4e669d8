import { acceptedEncodings } from "../body/content-encoding.ts";
import { isBodyStream, isMultipart, isValidated as isValidatedBody } from "../body/declared.ts";
import type { RouteContract } from "../contract.ts";
import type { DocumentedError } from "../documentation.ts";
import { errors } from "../errors.ts";
import { deadlineOf } from "../pipeline/bounds.ts";
import { replayRuleOf } from "../pipeline/steps/replay.ts";
import { listOf } from "../route.ts";
import { conditionErrors } from "./conditions.ts";
import type { DocumentedPath } from "./path-template.ts";

/** Every error that a route's steps may answer, in the order of the steps, then those that its handler declares. */
export function problemsOf(method: string, contract: RouteContract, path: DocumentedPath): readonly DocumentedError[] {
  return [
    errors.REQUEST_MALFORMED,
    ...pathErrors(path),
    ...(contract.version === undefined ? [] : [errors.VERSION_UNKNOWN]),
    ...(typeof contract.deprecated === "object" && contract.deprecated.gone === true ? [errors.GONE] : []),
    ...(method !== "GET" && contract.csrf !== "none" ? [errors.ORIGIN_REFUSED] : []),
    ...authErrors(contract),
    ...(listOf(contract.limit).length === 0 ? [] : [errors.CALLER_BLOCKED, errors.RATE_LIMITED, errors.LIMIT_UNDECIDED]),
    ...bodyErrors(contract),
    ...(isValidated(contract) ? [errors.REQUEST_INVALID] : []),
    ...(replayRuleOf(method, contract)?.note?.errors ?? []),
    ...conditionErrors(method, contract),
    ...(deadlineOf(contract) === "0s" ? [] : [errors.DEADLINE_EXCEEDED]),
    ...(contract.priority === "critical" ? [] : [errors.OVERLOADED]),
    errors.MAINTENANCE,
    errors.SHUTTING_DOWN,
    ...(contract.errors ?? []),
  ];
}

function pathErrors({ parameters }: DocumentedPath): readonly DocumentedError[] {
  if (parameters.length === 0) return [];
  // A parameter that is empty, or does not fit the template, is another path.
  return [errors.PATH_MALFORMED, errors.ROUTE_NOT_FOUND];
}

function authErrors({ auth }: RouteContract): readonly DocumentedError[] {
  if (auth === "public") return [];
  return [...(auth.credentials?.errors ?? []), errors.FORBIDDEN];
}

function bodyErrors({ body, decompress }: RouteContract): readonly DocumentedError[] {
  if (body === undefined) return [];
  const reading = [
    errors.BODY_TOO_LARGE,
    errors.BODY_TYPE_UNSUPPORTED,
    errors.BODY_ENCODING_UNSUPPORTED,
    errors.BODY_INTERRUPTED,
    errors.TRAILER_FORBIDDEN,
    errors.REQUEST_TIMEOUT,
    ...(acceptedEncodings(decompress).length === 0 ? [] : [errors.BODY_RATIO_EXCEEDED, errors.BODY_MALFORMED]),
  ];
  if (isMultipart(body)) {
    const { MULTIPART_LIMIT_EXCEEDED, FILE_TOO_LARGE, FILE_TYPE_UNSUPPORTED, PART_UNSUPPORTED, BODY_MALFORMED } = errors;
    return [...reading, MULTIPART_LIMIT_EXCEEDED, FILE_TOO_LARGE, FILE_TYPE_UNSUPPORTED, PART_UNSUPPORTED, BODY_MALFORMED];
  }
  return isBodyStream(body) ? reading : [...reading, errors.BODY_CHARSET_UNSUPPORTED, errors.BODY_MALFORMED];
}

function isValidated({ params, query, headers, body }: RouteContract): boolean {
  return [params, query, headers].some((part) => part !== undefined) || (body !== undefined && isValidatedBody(body));
}
