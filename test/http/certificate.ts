import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Certificate } from "#src/http/node/secure-listener";

const run = promisify(execFile);

/** A self-signed certificate for localhost, made now; nothing of it is kept. */
export async function makeCertificate(name = "localhost", days = 2): Promise<Certificate> {
  const folder = await mkdtemp(join(tmpdir(), "plinth-certificate-"));
  const [keyFile, certFile] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const subject = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name},IP:127.0.0.1`];
  const kind = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", String(days)];
  try {
    await run("openssl", [...kind, "-keyout", keyFile, "-out", certFile, ...subject]);
    return { cert: await readFile(certFile, "utf8"), key: await readFile(keyFile, "utf8") };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
