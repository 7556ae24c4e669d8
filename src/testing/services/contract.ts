/** A server that tests may need. */
export type ServiceName = "postgres" | "mysql" | "redis";

/** A database engine that Plinth speaks to. `mysql` is MariaDB too. */
export type EngineName = "sqlite" | "postgres" | "mysql";

/** A server to test against, or why there is none and what to do about it. */
export type FoundService =
  | { readonly url: string; readonly missing?: undefined }
  | { readonly url?: undefined; readonly missing: string };

/** A throw-away database. `await using` drops it, also when connections to it are left. */
export interface TestDatabase extends AsyncDisposable {
  /** `sqlite:/…/app.db`, `postgres://…/name` or `mysql://…/name`. */
  readonly url: string;
}

/** A share of a Redis server. `await using` deletes the keys under the prefix, and no others. */
export interface TestRedis extends AsyncDisposable {
  readonly url: string;
  /** What the names of all keys of the test begin with. */
  readonly prefix: string;
}
