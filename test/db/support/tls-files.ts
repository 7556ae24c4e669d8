import { execFile } from "node:child_process";
import { chmod, chown, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface TlsFiles extends AsyncDisposable {
  readonly cert: string;
  readonly key: string;
}

/**
 * A self-signed certificate in files that a database server takes, whichever user it runs as.
 *
 * @param names as in subjectAltName: `IP:127.0.0.1`, `DNS:db.example`
 * @param user the server's, when the test runs as root
 */
export async function makeTlsFiles(names: string, user: string): Promise<TlsFiles> {
  const folder = await mkdtemp(join(tmpdir(), "plinth-db-tls-"));
  await chmod(folder, 0o755);
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const kind = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  await run("openssl", [...kind, "-keyout", key, "-out", cert, "-subj", "/CN=db.example", "-addext", `subjectAltName=${names}`]);
  await chmod(key, 0o600);
  await chmod(cert, 0o644);
  if (process.getuid?.() === 0) {
    const entry = new RegExp(`^${user}:[^:]*:(\\d+):(\\d+):`, "m").exec(await readFile("/etc/passwd", "utf8"));
    if (entry !== null) await chown(key, Number(entry[1]), Number(entry[2]));
  }
  return { cert, key, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}
