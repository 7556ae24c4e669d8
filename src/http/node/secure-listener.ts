import type { Server, ServerOptions } from "node:https";
import type Https from "node:https";
import type { Server as HttpListener } from "node:http";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";

/** A certificate chain and its private key, both PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface SecureListenerOptions {
  readonly certificate: Certificate;
  /** Options of the HTTP/1 side. */
  readonly http: ServerOptions;
  /** Takes connections that have agreed on HTTP/2. */
  readonly onHttp2: (socket: Socket) => void;
  /** Told of every connection that speaks HTTP/1. */
  readonly onHttp1: (socket: Socket) => void;
}

/** A client that has not finished its handshake by then is cut. */
const HANDSHAKE_MS = 10_000;

/** Listens for TLS connections. Each goes to HTTP/1 or HTTP/2 as client and server agree (ALPN); who does not say speaks HTTP/1. */
export class SecureListener {
  readonly #server: Server;
  /** Connections under their TLS, those in their handshake among them. */
  readonly #raw = new Set<Socket>();

  constructor({ certificate, http, onHttp1, onHttp2 }: SecureListenerOptions) {
    // perf: only a server with a certificate loads it; see builtin-http.ts for why not by `import`.
    const https: typeof Https = process.getBuiltinModule("node:https");
    this.#server = https.createServer({
      ...http,
      ...tlsOptions(certificate),
      ALPNProtocols: ["h2", "http/1.1"],
      handshakeTimeout: HANDSHAKE_MS,
    });
    const [serveHttp1] = this.#server.listeners("secureConnection") as ((socket: TLSSocket) => void)[];
    this.#server.removeAllListeners("secureConnection");
    this.#server.on("secureConnection", (socket: TLSSocket) => {
      if (socket.alpnProtocol === "h2") return onHttp2(socket);
      serveHttp1?.call(this.#server, socket);
      onHttp1(socket);
    });
    this.#server.on("connection", (socket: Socket) => {
      this.#raw.add(socket);
      socket.once("close", () => this.#raw.delete(socket));
    });
  }

  /** The server that listens, and speaks HTTP/1. */
  get server(): HttpListener {
    return this.#server;
  }

  /** New connections get this certificate; open ones keep theirs. @throws when key and certificate are no pair */
  use(certificate: Certificate): void {
    this.#server.setSecureContext(tlsOptions(certificate));
  }

  /** Ends every connection, also those in their handshake. */
  cut(): void {
    for (const socket of this.#raw) socket.destroy();
  }
}

/** Ciphers and curves are Node's own, which follow its security releases. */
function tlsOptions({ cert, key }: Certificate): { cert: string; key: string; minVersion: "TLSv1.2"; honorCipherOrder: true } {
  return { cert, key, minVersion: "TLSv1.2", honorCipherOrder: true };
}
