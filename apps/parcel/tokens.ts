import type { AppCommand, ReadyNotice } from "plinth/app";
import { type BearerRule, type TokenIssuer, bearer, createTokenIssuer } from "plinth/auth";
import type { Clock, Duration, Secret } from "plinth/core";
import { createKeyRing } from "plinth/security";

// Accounts come later. Until then a caller is whom a token names, and tokens are made by whoever has the app's key.

const PURPOSE = "parcel/access-token";
const PARTIES = { issuer: "parcel", audience: "parcel" } as const;
const LIFETIME: Duration = "12h";

/** The rule of every route that needs a caller. */
export function createSignedIn(appKeys: readonly Secret[], clock: Clock): BearerRule {
  const keys = createKeyRing(appKeys)
    .verificationKeys(PURPOSE)
    .map((secret) => ({ algorithm: "HS256", secret }) as const);
  return bearer({ ...PARTIES, keys, clock, realm: "parcel" });
}

function createIssuer(appKeys: readonly Secret[], clock: Clock): TokenIssuer {
  return createTokenIssuer({
    ...PARTIES,
    key: { algorithm: "HS256", secret: createKeyRing(appKeys).signingKey(PURPOSE) },
    lifetime: LIFETIME,
    clock,
  });
}

/** `plinth token <subject>` */
export const tokenCommand: AppCommand = {
  name: "token",
  usage: "<subject>",
  summary: `print an access token for a subject, valid for ${LIFETIME}`,
  run: ({ arguments: words, appKeys, clock }) => createIssuer(appKeys, clock).issue({ subject: words[0] ?? "" }),
};

/** A token to try the app with: in development only. */
export function developmentToken({ environment, appKeys, clock }: ReadyNotice): readonly string[] {
  if (environment !== "development") return [];
  return [`token    ${createIssuer(appKeys, clock).issue({ subject: "dev" })}`, `         (for "dev", valid for ${LIFETIME})`];
}
