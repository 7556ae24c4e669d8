import { type ErrorCatalogue, defineErrors } from "../core/mod.ts";

interface Details {
  HEADER_UNKNOWN: { name: string; suggestion: string | undefined };
  HEADER_INVALID: { name: string };
  CSP_DIRECTIVE_UNKNOWN: { directive: string; suggestion: string | undefined };
  CSP_EMPTY: void;
  CSP_SOURCE_INVALID: { directive: string; source: string; reason: string };
  NONCE_INVALID: void;
  ORIGIN_INVALID: { origin: string };
  CORS_WILDCARD_CREDENTIALS: void;
  CORS_HEADER_INVALID: { name: string };
  CORS_REFUSED: { refusal: string };
  CROSS_SITE_REFUSED: void;
  KEYS_MISSING: void;
  KEY_SHORT: { position: number; bytes: number };
  KEY_WEAK: { position: number };
  KEY_PURPOSE_INVALID: { purpose: string };
  VERSION_UNSUPPORTED: void;
  TARGET_LONG: void;
  TARGET_FORM: void;
  TARGET_FRAGMENT: void;
  TARGET_CHARACTER: void;
  HOST_MISSING: void;
  HOST_INVALID: void;
  FIELD_REPEATED: void;
  FIELD_DISGUISED: void;
  TRANSFER_ENCODING_INVALID: void;
  TRANSFER_ENCODING_OUTDATED: void;
  CONTENT_LENGTH_INVALID: void;
  LENGTH_CONFLICT: void;
  BODY_UNEXPECTED: void;
  EXPECT_UNSUPPORTED: void;
  TRAILER_FORBIDDEN: { name: string };
}

const didYouMean = (suggestion: string | undefined): string => (suggestion === undefined ? "" : ` Did you mean "${suggestion}"?`);

/** The errors of the security room. Those without a status are mistakes in the program or its configuration, found at boot. */
export const errors: ErrorCatalogue<Details> = defineErrors<Details>("security", {
  HEADER_UNKNOWN: {
    title: "Unknown security header",
    message: (d) =>
      `"${d.name}" is not one of the security headers.${didYouMean(d.suggestion)} Set other headers where the reply is built.`,
  },
  HEADER_INVALID: {
    title: "Invalid header value",
    message: (d) =>
      `The value of "${d.name}" cannot be sent: it is empty, or has a control or non-Latin-1 character. Use false to leave the header out.`,
  },
  CSP_DIRECTIVE_UNKNOWN: {
    title: "Unknown CSP directive",
    message: (d) => `"${d.directive}" is not a directive of Content Security Policy.${didYouMean(d.suggestion)}`,
  },
  CSP_EMPTY: {
    title: "Empty CSP",
    message: () => "A Content Security Policy needs at least one directive.",
  },
  CSP_SOURCE_INVALID: {
    title: "Invalid CSP value",
    message: (d) => `"${d.source}" cannot stand in the CSP directive "${d.directive}": ${d.reason}`,
  },
  NONCE_INVALID: {
    title: "Invalid nonce",
    message: () => "A nonce must be at least 22 characters of base64. Make one for every answer with createNonce().",
  },
  ORIGIN_INVALID: {
    title: "Invalid origin",
    message: (d) =>
      `"${d.origin}" is not an origin. Write scheme, host and port only, without wildcards: "https://app.example.com".`,
  },
  CORS_WILDCARD_CREDENTIALS: {
    title: "CORS wildcard with credentials",
    message: () =>
      'CORS origins "*" together with credentials would let every site act as its visitors. List the origins that may.',
  },
  CORS_HEADER_INVALID: {
    title: "Invalid CORS header name",
    message: (d) => `"${d.name}" is not a header name that CORS can list. Write every name out; wildcards are not taken.`,
  },
  CORS_REFUSED: {
    status: 403,
    title: "Cross-origin request refused",
    message: (d) => `This resource does not take cross-origin requests with this ${d.refusal}.`,
  },
  CROSS_SITE_REFUSED: {
    status: 403,
    title: "Cross-site request refused",
    message: () => "A browser sent this request from another site, and this resource takes changes only from its own.",
  },
  KEYS_MISSING: {
    title: "No root secret",
    message: () => "The key ring got no root secret. Give at least one, of 32 random bytes or more.",
  },
  KEY_SHORT: {
    title: "Root secret too short",
    message: (d) =>
      `Root secret ${d.position} has ${d.bytes} bytes; at least 32 are needed. Make one with: openssl rand -base64 48`,
  },
  KEY_WEAK: {
    title: "Root secret guessable",
    message: (d) =>
      `Root secret ${d.position} is a well-known or repetitive text. Make a random one with: openssl rand -base64 48`,
  },
  KEY_PURPOSE_INVALID: {
    title: "Invalid key purpose",
    message: (d) => `"${d.purpose}" cannot name the purpose of a key. Use 1 to 64 of a-z 0-9 . : / -, beginning with a letter.`,
  },
  VERSION_UNSUPPORTED: {
    status: 400,
    title: "HTTP version not supported",
    message: () => "Use HTTP/1.1 or HTTP/1.0.",
  },
  TARGET_LONG: {
    status: 414,
    title: "Request target too long",
    message: () => "The request target has more than 8,192 characters. Send long values in the body.",
  },
  TARGET_FORM: {
    status: 400,
    title: "Invalid request target",
    message: () => "The request target must begin with a slash, or be * with OPTIONS.",
  },
  TARGET_FRAGMENT: {
    status: 400,
    title: "Fragment in request target",
    message: () => "The request target has a #. Fragments are not sent to servers; write %23 for the character.",
  },
  TARGET_CHARACTER: {
    status: 400,
    title: "Invalid character in request target",
    message: () => "The request target has a space, a backslash, a control or a non-ASCII character. Percent-encode it.",
  },
  HOST_MISSING: {
    status: 400,
    title: "Host missing",
    message: () => "An HTTP/1.1 request needs a Host header.",
  },
  HOST_INVALID: {
    status: 400,
    title: "Invalid Host",
    message: () => "The Host header must be a host name or an address, with a port if needed.",
  },
  FIELD_REPEATED: {
    status: 400,
    title: "Header sent twice",
    message: () => "A header that may stand only once in a request was sent several times.",
  },
  FIELD_DISGUISED: {
    status: 400,
    title: "Disguised header name",
    message: () => "A header that is spelled with hyphens was sent with underscores.",
  },
  TRANSFER_ENCODING_INVALID: {
    status: 400,
    title: "Invalid Transfer-Encoding",
    message: () => "The only Transfer-Encoding taken is chunked, once.",
  },
  TRANSFER_ENCODING_OUTDATED: {
    status: 400,
    title: "Transfer-Encoding in HTTP/1.0",
    message: () => "HTTP/1.0 has no Transfer-Encoding. Send Content-Length, or use HTTP/1.1.",
  },
  CONTENT_LENGTH_INVALID: {
    status: 400,
    title: "Invalid Content-Length",
    message: () => "Content-Length must be one whole number in decimal digits.",
  },
  LENGTH_CONFLICT: {
    status: 400,
    title: "Conflicting message lengths",
    message: () => "A request has either Content-Length or Transfer-Encoding, never both.",
  },
  BODY_UNEXPECTED: {
    status: 400,
    title: "Unexpected body",
    message: () => "A request with this method has no body.",
  },
  EXPECT_UNSUPPORTED: {
    status: 417,
    title: "Expectation not supported",
    message: () => "The only expectation taken is 100-continue.",
  },
  TRAILER_FORBIDDEN: {
    status: 400,
    title: "Forbidden trailer",
    message: (d) => `"${d.name}" may stand before the body only, not after it.`,
  },
});
