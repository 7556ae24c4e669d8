import { type FSWatcher, watch } from "node:fs";
import { dirname } from "node:path";
import { type Clock, type Timer, toError } from "../core/mod.ts";
import type { Certificate } from "../http/mod.ts";
import type { Logger } from "../log/contract.ts";
import { type CertificateFiles, type ReadCertificate, readCertificate } from "./certificate.ts";

export interface CertificateWatchOptions {
  readonly files: CertificateFiles;
  readonly log: Logger;
  readonly clock: Clock;
  /** Puts a new pair to use. */
  readonly use: (certificate: Certificate) => void;
}

/** Changes that come together, of both files for instance, are looked at once. */
const SETTLE_MS = 250;
/** Where the system tells nothing of changes (network file systems), they are found so late. */
const POLL_MS = 60_000;
const SOON_MS = 7 * 86_400_000;

/**
 * Puts a renewed certificate to use when its files change. Folders are watched, not files: renewal replaces files, or the links that lead
 * to them. What is no valid pair changes nothing and is logged.
 */
export class CertificateWatch {
  readonly #options: CertificateWatchOptions;
  readonly #watchers: FSWatcher[] = [];
  #current: ReadCertificate | undefined;
  #settling: Timer | undefined;
  #polling: Timer | undefined;
  #fault = "";

  constructor(options: CertificateWatchOptions) {
    this.#options = options;
  }

  /** Puts the pair that is there to use. @throws E_APP_CERTIFICATE_INVALID */
  async start(): Promise<void> {
    const { files } = this.#options;
    const first = await readCertificate(files);
    this.#use(first);
    for (const folder of new Set([dirname(files.certFile), dirname(files.keyFile)])) this.#watch(folder);
    this.#poll();
  }

  #watch(folder: string): void {
    const { log, clock } = this.#options;
    const watcher = watch(folder, { persistent: false }, () => {
      this.#settling?.cancel();
      this.#settling = clock.schedule(SETTLE_MS, () => void this.reload());
    });
    watcher.on("error", (error) => log.warn({ error, folder }, "the certificate's folder is no longer watched"));
    this.#watchers.push(watcher);
  }

  #poll(): void {
    this.#polling = this.#options.clock.schedule(POLL_MS, () => {
      void this.reload();
      this.#poll();
    });
  }

  /** Looks at the files now. Never rejects: a pair that is not valid leaves the one in use. */
  async reload(): Promise<void> {
    const { files, log } = this.#options;
    try {
      const next = await readCertificate(files);
      this.#fault = "";
      if (next.cert === this.#current?.cert && next.key === this.#current.key) return;
      this.#use(next);
      log.info({ expires: new Date(next.expiresAt).toISOString() }, "a renewed certificate is in use");
    } catch (error) {
      const { message } = toError(error);
      if (message === this.#fault) return; // said already, and nothing has changed since
      this.#fault = message;
      log.error({ error }, "the certificate in use is kept: the new one is not valid");
    }
  }

  #use(next: ReadCertificate): void {
    this.#options.use({ cert: next.cert, key: next.key });
    this.#current = next;
    this.#warnOfExpiry(next);
  }

  #warnOfExpiry({ expiresAt }: ReadCertificate): void {
    const { log, clock } = this.#options;
    const left = expiresAt - clock.now();
    const expires = new Date(expiresAt).toISOString();
    if (left < 0) log.warn({ expires }, "the certificate has expired");
    else if (left < SOON_MS) log.warn({ expires }, "the certificate expires soon");
  }

  stop(): void {
    this.#settling?.cancel();
    this.#polling?.cancel();
    for (const watcher of this.#watchers.splice(0)) watcher.close();
  }
}
