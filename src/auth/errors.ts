import { type ErrorCatalogue, defineErrors } from "../core/mod.ts";

interface Details {
  CREDENTIALS_MISSING: object;
  TOKEN_INVALID: object;
  TOKEN_EXPIRED: object;
  FORBIDDEN: { route: string };
  UNAVAILABLE: object;
  KEY_INVALID: { key: string; reason: string };
  RULE_INVALID: { reason: string };
  TOKEN_REFUSED: { reason: string };
}

/** The errors of the auth room. Those with a status never say which check failed; their `cause` does. */
export const errors: ErrorCatalogue<Details, "auth"> = defineErrors<Details, "auth">("auth", {
  CREDENTIALS_MISSING: {
    status: 401,
    title: "Credentials missing",
    message: () => "This route needs credentials: send `Authorization: Bearer <token>`.",
  },
  TOKEN_INVALID: {
    status: 401,
    title: "Invalid token",
    message: () => "The access token is not valid here. Get a new one and send it unchanged.",
  },
  TOKEN_EXPIRED: { status: 401, title: "Token expired", message: () => "The access token has expired. Get a new one." },
  FORBIDDEN: { status: 403, title: "Forbidden", message: (d) => `These credentials do not allow ${d.route}.` },
  UNAVAILABLE: {
    status: 503,
    title: "Authentication unavailable",
    message: () => "Credentials cannot be checked now. Try again later.",
  },
  KEY_INVALID: { title: "Invalid key", message: (d) => `The ${d.key} key cannot be used: ${d.reason}.` },
  RULE_INVALID: { title: "Invalid auth rule", message: (d) => `The auth rule cannot work: ${d.reason}.` },
  TOKEN_REFUSED: { title: "Token not issued", message: (d) => `No token was issued: ${d.reason}.` },
});
