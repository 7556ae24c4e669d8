import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { requireBinary } from "../support/services.ts";

const binary = requireBinary("redis-server");

/** Why tests with a server of their own cannot run here; false when they can. */
export const skipOwnServer: string | false = binary.skip;

/** A Redis server of the test's own, without persistence: it can be killed, frozen and started again, empty. */
export class OwnServer implements AsyncDisposable {
  readonly port: number;
  readonly #folder: string;
  readonly #extra: readonly string[];
  #process: ChildProcess | undefined;

  private constructor(port: number, folder: string, extra: readonly string[]) {
    this.port = port;
    this.#folder = folder;
    this.#extra = extra;
  }

  static async start(extra: readonly string[] = []): Promise<OwnServer> {
    const server = new OwnServer(await freePort(), await mkdtemp(join(tmpdir(), "plinth-redis-")), extra);
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const options = [
      "--port",
      String(this.port),
      "--bind",
      "127.0.0.1",
      "--dir",
      this.#folder,
      "--save",
      "",
      "--appendonly",
      "no",
    ];
    const child = spawn(binary.path as string, [...options, ...this.#extra], { stdio: ["ignore", "pipe", "inherit"] });
    this.#process = child;
    for await (const line of createInterface({ input: child.stdout })) if (line.includes("Ready to accept connections")) break;
    child.stdout.resume();
  }

  async kill(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, "exit");
    child.kill("SIGKILL");
    await exit;
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  /** It accepts connections (the kernel does) and answers nothing. */
  freeze(): void {
    this.#process?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#process?.kill("SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
