import { X509Certificate, createPrivateKey } from "node:crypto";
import { readFile } from "node:fs/promises";
import type * as Tls from "node:tls";
import { toError } from "../core/mod.ts";
import type { Certificate } from "../http/mod.ts";
import type { BaseConfig } from "./contract.ts";
import { errors } from "./errors.ts";

/** Where the public server's certificate is. */
export interface CertificateFiles {
  /** PEM: the certificate, then those that lead from it to one that clients know. */
  readonly certFile: string;
  /** PEM, not encrypted. */
  readonly keyFile: string;
}

/** A pair that belongs together. */
export interface ReadCertificate extends Certificate {
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** The files that are configured, if HTTPS is. @throws E_APP_TLS_INCOMPLETE */
export function certificateFiles({ tlsCertFile, tlsKeyFile }: BaseConfig): CertificateFiles | undefined {
  if (tlsCertFile !== undefined && tlsKeyFile !== undefined) return { certFile: tlsCertFile, keyFile: tlsKeyFile };
  if (tlsCertFile === undefined && tlsKeyFile === undefined) return undefined;
  const missing = tlsCertFile === undefined ? "TLS_CERT_FILE" : "TLS_KEY_FILE";
  throw errors.TLS_INCOMPLETE({ missing });
}

/** What the configuration says of HTTPS, looked at as a start does. @throws E_APP_TLS_INCOMPLETE, E_APP_CERTIFICATE_INVALID */
export async function checkCertificate(config: BaseConfig): Promise<void> {
  const files = config.role === "jobs" ? undefined : certificateFiles(config);
  if (files !== undefined) await readCertificate(files);
}

/**
 * Reads a certificate and its key, and makes sure that a server can use them.
 *
 * @throws E_APP_CERTIFICATE_INVALID
 */
export async function readCertificate({ certFile, keyFile }: CertificateFiles): Promise<ReadCertificate> {
  const cert = await read(certFile);
  const key = await read(keyFile);
  const leaf = attempt(certFile, () => new X509Certificate(cert));
  const privateKey = attempt(keyFile, () => createPrivateKey(key));
  if (!leaf.checkPrivateKey(privateKey)) {
    throw errors.CERTIFICATE_INVALID({ file: keyFile, reason: `it is not the key of the certificate in ${certFile}` });
  }
  // perf: a megabyte in every thread that loads it, and few have a certificate.
  const tls: typeof Tls = process.getBuiltinModule("node:tls");
  attempt(certFile, () => tls.createSecureContext({ cert, key }));
  return { cert, key, expiresAt: leaf.validToDate.getTime() };
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw errors.CERTIFICATE_INVALID({ file, reason: toError(cause).message }, { cause });
  }
}

function attempt<Result>(file: string, action: () => Result): Result {
  try {
    return action();
  } catch (cause) {
    throw errors.CERTIFICATE_INVALID({ file, reason: toError(cause).message }, { cause });
  }
}
