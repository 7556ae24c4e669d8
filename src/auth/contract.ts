/** Who is calling: the same type however they signed in. */
export interface Principal {
  readonly kind: "user" | "key" | "service";
  /** Unique among all principals; what audit trails, limits and ownership refer to. */
  readonly id: string;
  readonly roles: readonly string[];
  /** What these credentials may be used for, such as `files:write`. */
  readonly scopes: readonly string[];
  /** How they proved who they are: `bearer`, `session`, … */
  readonly method: string;
  /** When they last proved it in person, in milliseconds since 1970; undefined when unknown. For asking again before something grave. */
  readonly authenticatedAt: number | undefined;
}

/** A caller with a verified access token. Frozen, all of it: requests with the same token share it. */
export interface TokenPrincipal extends Principal {
  readonly kind: "user";
  readonly method: "bearer";
  /** Everything that the token says. Has no prototype. */
  readonly claims: Readonly<Record<string, unknown>>;
}
