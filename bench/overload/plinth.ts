import { startProgram, stopOnSignal } from "../../src/app/mod.ts";
import { createFdSink } from "../../src/log/mod.ts";
import { HOST, PORT, announceReady } from "../harness/environment.ts";

const { LOG_FILE = "overload.log", METRICS_PORT = "0", VARIANT = "shedding" } = process.env;
const LOAD_SHEDDING = String(VARIANT === "shedding");

const program = await startProgram({
  appUrl: new URL("./plinth-app.ts", import.meta.url).href,
  env: { APP_ENV: "test", HOST, PORT: String(PORT), ADMIN_PORT: METRICS_PORT, HTTP_THREADS: "1", LOAD_SHEDDING },
  sink: createFdSink({ path: LOG_FILE }),
});
announceReady();
process.exit(await stopOnSignal(program));
