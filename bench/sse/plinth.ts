// The whole program with all its defaults, on one thread: admin server, access log, metrics, security headers.
import { startProgram, stopOnSignal } from "../../src/app/mod.ts";
import { createFdSink } from "../../src/log/mod.ts";
import { announceReady, HOST, PORT } from "../harness/environment.ts";

const { LOG_FILE = "bench.log", METRICS_PORT = "0" } = process.env;

const program = await startProgram({
  appUrl: new URL("./plinth-app.ts", import.meta.url).href,
  env: { APP_ENV: "test", HOST, PORT: String(PORT), ADMIN_PORT: METRICS_PORT, HTTP_THREADS: "0" },
  sink: createFdSink({ path: LOG_FILE }),
});
announceReady();
process.exit(await stopOnSignal(program));
