import { type KeyObject, X509Certificate, createPrivateKey } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import type { DoctorCheck, DoctorSubject } from "../../app/mod.ts";
import { type Finding, toError } from "../../core/mod.ts";

const DAY_MS = 86_400_000;
/** Long enough to renew by hand, and later than an automatic renewal that works. */
const SOON_MS = 14 * DAY_MS;
const LEAST_RSA_BITS = 2_048;
const READABLE_BY_OTHERS = 0o004;

/** The certificate and its key: that both are there, belong together, and hold for a while. */
const certificate: DoctorCheck = {
  name: "TLS certificate",
  examine(subject) {
    const { tlsCertFile, tlsKeyFile } = subject.config;
    if (tlsCertFile === undefined && tlsKeyFile === undefined) return [];
    if (tlsCertFile === undefined || tlsKeyFile === undefined) {
      const missing = tlsCertFile === undefined ? "TLS_CERT_FILE" : "TLS_KEY_FILE";
      return [
        fault(
          "tls-pair-incomplete",
          `${missing} is not set, its counterpart is`,
          "Set both, or neither.",
          "HTTPS needs both files.",
        ),
      ];
    }
    const files = readPair(subject, tlsCertFile, tlsKeyFile);
    return Array.isArray(files) ? files : examinePair(files, subject);
  },
};

interface Pair {
  readonly leaf: X509Certificate;
  readonly key: KeyObject;
  readonly keyPath: string;
}

function readPair({ folder }: DoctorSubject, certFile: string, keyFile: string): Pair | Finding[] {
  const faults: Finding[] = [];
  const attempt = <Value>(file: string, make: (bytes: Buffer) => Value): Value | undefined => {
    try {
      return make(readFileSync(resolve(folder, file)));
    } catch (thrown) {
      const { message } = toError(thrown);
      faults.push(fault("tls-file-unreadable", `${file} is of no use: ${message}`, "Name a PEM file that this user may read."));
      return undefined;
    }
  };
  const leaf = attempt(certFile, (bytes) => new X509Certificate(bytes));
  const key = attempt(keyFile, (bytes) => createPrivateKey(bytes));
  return leaf === undefined || key === undefined ? faults : { leaf, key, keyPath: resolve(folder, keyFile) };
}

function examinePair({ leaf, key, keyPath }: Pair, { clock }: DoctorSubject): Finding[] {
  const findings: Finding[] = [];
  const left = Date.parse(leaf.validTo) - clock.now();
  if (!leaf.checkPrivateKey(key)) {
    findings.push(
      fault("tls-pair-mismatch", "the key in TLS_KEY_FILE is not the certificate's", "Put the matching pair in place."),
    );
  }
  if (left <= 0) findings.push(fault("tls-expired", `the certificate expired on ${leaf.validTo}`, "Renew it."));
  else if (left < SOON_MS) {
    const finding = fault("tls-expires-soon", `the certificate expires on ${leaf.validTo}`, "Renew it, and see why it was not.");
    findings.push({ ...finding, severity: "warning" });
  }
  if (Date.parse(leaf.validFrom) > clock.now()) {
    findings.push(fault("tls-not-yet-valid", `the certificate begins on ${leaf.validFrom}`, "Compare the machine's clock."));
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? LEAST_RSA_BITS;
  if (bits < LEAST_RSA_BITS) {
    findings.push(
      fault("tls-key-short", `the RSA key has ${bits} bits`, "Make one of 2048 bits, or an EC key.", "It can be broken."),
    );
  }
  if (statSync(keyPath).mode & READABLE_BY_OTHERS) {
    const what = `every user of the machine may read ${keyPath}`;
    const why = "Whoever has the key can pose as this server.";
    findings.push({ id: "tls-key-readable", severity: "warning", what, why, todo: `chmod o-r ${keyPath}` });
  }
  return findings;
}

function fault(
  id: string,
  what: string,
  todo: string,
  why = "Clients refuse the connection, or the program does not start.",
): Finding {
  return { id, severity: "error", what, why, todo };
}

export const tlsChecks: readonly DoctorCheck[] = [certificate];
