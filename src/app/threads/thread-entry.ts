import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { Secret, currentContext, declareThreadCount, systemClock } from "../../core/mod.ts";
import { DebugScopes, createLogger, createRingSink } from "../../log/mod.ts";
import { createRegistry, createRuntimeMetrics } from "../../telemetry/mod.ts";
import { Broadcast } from "../broadcast.ts";
import { drainServer } from "../drain-server.ts";
import { followConfig } from "../live-config.ts";
import { loadApp } from "../load-app.ts";
import { obeyLogOrders } from "../log-orders.ts";
import { obeyMaintenanceOrders } from "../maintenance-orders.ts";
import { observeRequests, observeStores } from "../observe.ts";
import { type OpenApp, failuresOf, nameOfRoute, openApp, stopServices } from "../open-app.ts";
import { createPublicServer } from "../public-server.ts";
import { settleMemory } from "../settle-memory.ts";
import type { ServiceOrder } from "../service-actions.ts";
import type { FromThread, ThreadData, ToThread } from "./messages.ts";
import { ThreadBoard } from "./thread-board.ts";
import { ThreadMemory } from "./thread-memory.ts";
import type { ThreadBirth } from "./thread-pool.ts";
import { packError } from "./transfer.ts";

// The program of every http and jobs thread. It announces itself to the supervisor, serves until it is told to drain, and exits.

const HEARTBEAT_MS = 100;

const port = parentPort as MessagePort;
const tell = (message: FromThread): void => port.postMessage(message);
const memory = new ThreadMemory(port);
// The app's code is loaded while the supervisor may still be busy; a fault in it is told once the thread is asked to start.
const loading = loadApp((workerData as ThreadBirth).appUrl);
loading.catch(() => undefined);

const broadcast = new Broadcast();
/** Aborted when the thread is to finish, also while it still starts. */
const draining = new AbortController();
let drainTimeout = 0;
const data = await new Promise<ThreadData>((resolve) => {
  port.on("message", (message: ToThread) => {
    if (message.kind === "published") broadcast.receive(message.topic, message.value);
    if (message.kind === "drain") {
      drainTimeout = message.timeout;
      draining.abort();
    }
    if (message.kind !== "start") return;
    // At once: what is published next must not be overtaken by what was published before.
    for (const [topic, value] of message.data.published) broadcast.receive(topic, value);
    resolve(message.data);
  });
});
const board = new ThreadBoard(data.board);
const scopes = new DebugScopes();
const log = createLogger({
  sink: createRingSink({ ring: data.logRing, doorbell: data.doorbell }),
  scopes,
  base: { service: data.service, env: data.environment, thread: data.name },
});
obeyLogOrders(broadcast, log, scopes);
const live = followConfig(broadcast, log);
const maintenance = obeyMaintenanceOrders(broadcast);

// What nobody caught leaves the thread in an unknown state: it ends here, and the supervisor starts another.
process.on("uncaughtException", (error) => {
  tell({ kind: "crashed", error: packError(error), operation: currentContext()?.operation });
  log.flush();
  process.exit(1);
});

try {
  await run();
} catch (thrown) {
  const givenUp = draining.signal.aborted;
  tell(givenUp ? { kind: "drained", clean: true } : { kind: "failed", error: packError(thrown) });
  log.flush();
  process.exit(givenUp ? 0 : 1);
}

async function run(): Promise<void> {
  const metrics = createRegistry({ segment: data.metrics });
  const definition = await loading;
  const { role, environment, name: thread } = data;
  declareThreadCount(data.threads);
  const clock = systemClock;
  const appKeys = data.appKeys.map((key) => new Secret(key));
  const runtime = { thread, role, environment, clock, memory, metrics, appKeys };
  const { signal } = draining;
  // Before there are services: what they announce while they start is said once. A start that fails ends the thread, and this with it.
  const observing = [observeStores(metrics)];
  const app = await openApp({ definition, config: live.current, live, log, runtime, activity: board, maintenance, signal });
  observing.push(observeRequests(app.handler, metrics, log));
  const runtimeMetrics = createRuntimeMetrics(metrics);
  const server =
    role === "http" ? createPublicServer({ handler: app.handler, clock, broadcast, config: live.current }) : undefined;
  await server?.listen(data.listen);

  board.beat(clock.monotonic());
  setInterval(() => board.beat(clock.monotonic()), HEARTBEAT_MS);
  port.on("message", (message: ToThread) => {
    if (message.kind === "check") void check(app, message.call);
    if (message.kind === "act") void act(app, message.call, message.order);
  });
  tell({ kind: "ready", routes: app.handler.routes.map(nameOfRoute) });
  signal.addEventListener("abort", () => void drain());
  if (signal.aborted) void drain();
  else settleMemory({ clock });

  async function drain(): Promise<void> {
    const cut = server === undefined ? 0 : await drainServer({ server, timeout: drainTimeout });
    const stopped = await stopServices(app, log);
    for (const end of observing) end();
    runtimeMetrics.stop();
    log.flush();
    tell({ kind: "drained", clean: cut === 0 && stopped });
    process.exit(0);
  }
}

async function act(app: OpenApp, call: number, order: ServiceOrder): Promise<void> {
  try {
    tell({ kind: "acted", call, outcome: JSON.stringify(await app.act(order)) });
  } catch (thrown) {
    tell({ kind: "act-failed", call, error: packError(thrown) });
  }
}

async function check(app: OpenApp, call: number): Promise<void> {
  tell({ kind: "checked", call, failures: await failuresOf(app) });
}
