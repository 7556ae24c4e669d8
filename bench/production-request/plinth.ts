import { startProgram, stopOnSignal } from "../../src/app/mod.ts";
import { createFdSink } from "../../src/log/mod.ts";
import { HOST, PORT, announceReady } from "./settings.ts";

// The whole program as a team would run it, on one thread: configuration, admin server, access log, metrics.
const { LOG_FILE = "production-request.log", METRICS_PORT = "0" } = process.env;

const program = await startProgram({
  appUrl: new URL("./plinth-app.ts", import.meta.url).href,
  env: { APP_ENV: "test", HOST, PORT: String(PORT), ADMIN_PORT: METRICS_PORT, HTTP_THREADS: "0" },
  sink: createFdSink({ path: LOG_FILE }),
});
announceReady();
process.exit(await stopOnSignal(program));
