import { launch } from "../../src/app/mod.ts";
import { createFdSink } from "../../src/log/mod.ts";
import { announceReady, HOST, PORT } from "./environment.ts";

/**
 * Runs an app as a team would run it, the whole program with all its defaults: configuration, admin server, access log, metrics, security
 * headers, deadlines. On one thread, where `env` does not say otherwise. Ends the process with the program.
 */
export async function servePlinth(appUrl: URL, env: Readonly<Record<string, string>> = {}): Promise<void> {
  const { LOG_FILE = "bench.log", METRICS_PORT = "0" } = process.env;
  const { program, ended } = await launch({
    appUrl: appUrl.href,
    env: { APP_ENV: "test", HOST, PORT: String(PORT), ADMIN_PORT: METRICS_PORT, HTTP_THREADS: "0", ...env },
    sink: createFdSink({ path: LOG_FILE }),
  });
  await program.start();
  announceReady();
  process.exit(await ended);
}
