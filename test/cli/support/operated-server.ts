import { type TestServer, startServer } from "#src/testing/test-server";
import { type CommandOutcome, runCommand } from "./command.ts";
import { makeHome } from "./home.ts";

const BUSY = new URL("../../support/apps/busy.ts", import.meta.url);
const KEY = "wB3vT9qXm2Lk8RzYp5HsJd7NcF4gVa6E";

/** A running program on two threads, and the command line of whoever has its key. */
export interface OperatedServer {
  readonly server: TestServer;
  /** Runs `plinth <words>` against it. */
  plinth(...words: readonly string[]): Promise<CommandOutcome>;
  stop(): Promise<void>;
}

export async function startOperated(env: Readonly<Record<string, string>> = {}, app: URL = BUSY): Promise<OperatedServer> {
  const server = await startServer({ app, threads: 2, env: { APP_KEY: KEY, ...env } });
  const home = makeHome();
  return {
    server,
    plinth(...words) {
      const operator = { APP_KEY: KEY, ADMIN_PORT: new URL(server.adminUrl).port };
      return runCommand([...words, "--app", app.pathname], { folder: home.folder, env: operator });
    },
    async stop() {
      home[Symbol.dispose]();
      await server.stop();
    },
  };
}
