import type { Clock } from "../core/mod.ts";
import { type Certificate, HttpServer, type RequestHandler } from "../http/mod.ts";
import { type Broadcast, type Topic, defineTopic } from "./broadcast.ts";
import type { BaseConfig } from "./contract.ts";
import { publicServerOptions } from "./listener-options.ts";

/** The certificate that the public server has in every thread. */
export const certificateTopic: Topic<Certificate> = defineTopic("certificate");

export interface PublicServerOptions {
  readonly handler: RequestHandler;
  readonly config: BaseConfig;
  readonly clock: Clock;
  readonly broadcast: Broadcast;
}

/** One thread's share of the public server. It goes over to a renewed certificate by itself. */
export function createPublicServer({ handler, config, clock, broadcast }: PublicServerOptions): HttpServer {
  const current: { certificate?: Certificate; server?: HttpServer } = {};
  broadcast.subscribe(certificateTopic, (latest) => {
    current.certificate = latest;
    current.server?.useCertificate(latest);
  });
  return (current.server = new HttpServer({ handler, clock, ...publicServerOptions(config, current.certificate) }));
}
