import { createActionMaker } from "#src/app/operator/action";
import { createOperatorRule } from "#src/app/operator/operator-rule";
import { createOperatorToken } from "#src/app/operator/operator-token";
import type { ActionMaker } from "#src/app/operator/action";
import { Secret } from "#src/core/mod";
import { type Route, createRequestHandler, fetchInProcess } from "#src/http/mod";
import { createLogger } from "#src/log/mod";
import { type FakeClock, createFakeClock } from "#src/testing/fake-clock";
import { LogCapture } from "#src/testing/test-log";

export const APP_KEY: Secret = new Secret("wB3vT9qXm2Lk8RzYp5HsJd7NcF4gVa6E");

/** An admin server without a socket, and one who may act on it. */
export interface AdminCaller {
  readonly log: LogCapture;
  readonly clock: FakeClock;
  /** Sends what a command sends; headers given replace its own, and `undefined` leaves one out. */
  call(
    method: string,
    path: string,
    options?: { readonly input?: unknown; readonly headers?: Readonly<Record<string, string | undefined>> },
  ): Promise<{ readonly status: number; readonly headers: Headers; readonly body: unknown }>;
  /** A good token for an action. */
  token(action: string, appKey?: Secret): string;
}

export async function createAdminCaller(
  make: (action: ActionMaker) => readonly Route[],
  clock: FakeClock = createFakeClock(),
): Promise<AdminCaller> {
  const log = new LogCapture();
  const logger = createLogger({
    sink: { write: (line) => log.accept(line), flushSync: () => undefined, dropped: 0 },
    level: "trace",
    clock,
  });
  const operators = createOperatorRule({ appKeys: [APP_KEY], clock, log: logger });
  const handler = await createRequestHandler({ routes: make(createActionMaker({ operators, log: logger })), log: logger, clock });
  const token = (action: string, appKey = APP_KEY): string =>
    createOperatorToken({ appKey, by: "ada@desk", action, now: clock.now() });
  return {
    log,
    clock,
    token,
    async call(method, path, { input, headers = {} } = {}) {
      const all: Record<string, string | undefined> = {
        host: "127.0.0.1:3001",
        authorization: `Bearer ${token(`${method} ${path}`)}`,
        ...(input === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      };
      const sent = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
      const request = new Request(`http://127.0.0.1:3001${path}`, {
        method,
        headers: sent,
        ...(input === undefined ? {} : { body: typeof input === "string" ? input : JSON.stringify(input) }),
      });
      const response = await fetchInProcess(handler, request);
      const text = await response.text();
      return { status: response.status, headers: response.headers, body: text === "" ? undefined : JSON.parse(text) };
    },
  };
}
