import type { RouteContract } from "../contract.ts";
import type { OpenApiDocument, SecurityRequirement } from "./contract.ts";

type Schemes = OpenApiDocument["components"]["securitySchemes"];
type Scheme = Schemes[string];

/** The ways to send credentials that the routes of one document know. */
export class SecuritySchemes {
  readonly #schemes = new Map<string, Scheme>();

  /** What a route asks for; nothing where anybody may call. */
  requirementsOf({ auth }: RouteContract): readonly SecurityRequirement[] {
    if (auth === "public") return [];
    const scheme = auth.credentials?.securityScheme ?? schemeOfChallenge(auth.challenge);
    return [{ [this.#name(auth.scheme, scheme)]: auth.credentials?.scopes ?? [] }];
  }

  all(): Schemes {
    return Object.fromEntries(this.#schemes);
  }

  /** Rules of one name may send credentials in different ways. */
  #name(wanted: string, scheme: Scheme): string {
    const base = wanted.replaceAll(/[^A-Za-z0-9._-]+/g, "_") || "scheme";
    for (let count = 1; ; count++) {
      const name = count === 1 ? base : `${base}${count}`;
      const existing = this.#schemes.get(name);
      if (existing !== undefined && JSON.stringify(existing) !== JSON.stringify(scheme)) continue;
      this.#schemes.set(name, scheme);
      return name;
    }
  }
}

/** HTTP authentication with the scheme that a challenge names (RFC 9110, section 11.3). */
function schemeOfChallenge(challenge: string): Scheme {
  return { type: "http", scheme: (challenge.split(" ", 1)[0] ?? "").toLowerCase() };
}
