import { readFileSync } from "node:fs";
import { rootCertificates } from "node:tls";
import type { ServerAddress } from "./database-url.ts";
import { errors } from "./errors.ts";
import { reasonOf } from "./failures.ts";

/** What `node:tls` is told. */
export interface TlsSettings {
  readonly rejectUnauthorized: boolean;
  readonly ca: string[];
  /** Off for `verify-ca`, which trusts any name that the authority has signed. */
  readonly checksName: boolean;
}

/** @throws E_DB_URL_INVALID when the file of `sslrootcert` cannot be read */
export function resolveTls({ tls, tlsRootFile }: ServerAddress): TlsSettings | undefined {
  if (tls === "disable") return undefined;
  let ca: string[] = [...rootCertificates];
  if (tlsRootFile !== undefined) {
    try {
      ca = [readFileSync(tlsRootFile, "utf8")];
    } catch (cause) {
      throw errors.URL_INVALID({ reason: `the file of sslrootcert cannot be read (${reasonOf(cause)})` }, { cause });
    }
  }
  return { rejectUnauthorized: tls !== "require", ca, checksName: tls === "verify-full" };
}
