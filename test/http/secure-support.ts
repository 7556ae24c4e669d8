import type { TestContext } from "node:test";
import { z } from "zod";
import { HttpServer, type HttpServerOptions } from "#src/http/node/server";
import { reply } from "#src/http/reply";
import { route } from "#src/http/route";
import type { Route } from "#src/http/contract";
import type { Certificate } from "#src/http/node/secure-listener";
import { type FakeClock, createFakeClock } from "#src/testing/mod";
import { makeCertificate } from "./certificate.ts";
import { type TestApp, createApp } from "./support.ts";

/** An app behind HTTPS. Its clock stands still until the test moves it. */
export interface SecureServer extends TestApp {
  readonly server: HttpServer;
  readonly port: number;
  readonly certificate: Certificate;
  readonly clock: FakeClock;
  /** Signals of the requests to `/wait` that have begun. */
  readonly waiting: AbortSignal[];
}

export async function serveSecure(
  t: TestContext,
  routes: readonly Route[] = [],
  options: Omit<HttpServerOptions, "handler"> = {},
): Promise<SecureServer> {
  const waiting: AbortSignal[] = [];
  const wait = ({ signal }: { readonly signal: AbortSignal }): Promise<never> => {
    waiting.push(signal);
    return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
  };
  const clock = createFakeClock();
  const app = await createApp(
    [
      route.get("/x", { auth: "public" }, () => "x"),
      route.get("/wait", { auth: "public", deadline: "0s" }, wait),
      route.get("/big", { auth: "public" }, () => reply.text("x".repeat(2_000_000))),
      route.post("/echo", { auth: "public", body: z.unknown() }, ({ body }) => body as object),
      ...routes,
    ],
    { clock },
  );
  const certificate = await makeCertificate();
  const server = new HttpServer({ handler: app.handler, certificate, clock, ...options });
  const { port } = await server.listen({ host: "127.0.0.1", port: 0 });
  t.after(() => server.drain(0));
  return { ...app, server, port, certificate, clock, waiting };
}
