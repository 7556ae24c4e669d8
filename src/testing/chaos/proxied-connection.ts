import { type Socket, connect } from "node:net";

/** Where connections go. */
export interface Target {
  readonly host: string;
  readonly port: number;
}

/** What a connection is to do with what it carries; the proxy changes it, for all connections at once. */
export interface Fault {
  /** Nothing is read and nothing forwarded. */
  readonly isHanging: boolean;
  /** How much later everything arrives, in milliseconds. */
  readonly delay: number;
  /** How many bytes may still pass in each direction before the connection is reset. */
  readonly allowance: { readonly up: number; readonly down: number };
}

/** Bytes forwarded so far: `up` to the server, `down` to the client. */
export interface Traffic {
  up: number;
  down: number;
}

type Direction = keyof Traffic;

/** Beyond this, what waits for its delay is left with its sender. In bytes. */
const MOST_WAITING = 1_048_576;

/** One direction of a connection. Everything passes a queue, so that no change of the fault overtakes what came before. */
class Flow {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #direction: Direction;
  readonly #traffic: Traffic;
  readonly #cut: () => void;
  /** Chunks in order; the last has none, and stands for the end. */
  readonly #queue: { readonly due: number; readonly chunk: Buffer | undefined }[] = [];
  #waiting = 0;
  #fault: Fault;
  #allowance: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(direction: Direction, from: Socket, to: Socket, wiring: { fault: Fault; traffic: Traffic; cut: () => void }) {
    this.#direction = direction;
    this.#from = from;
    this.#to = to;
    this.#traffic = wiring.traffic;
    this.#cut = wiring.cut;
    this.#fault = wiring.fault;
    this.#allowance = wiring.fault.allowance[direction];
    from.on("data", (chunk: Buffer) => this.#take(chunk)).on("end", () => this.#take(undefined));
    to.on("drain", () => this.#pump());
    this.#pump();
  }

  change(fault: Fault): void {
    this.#fault = fault;
    this.#allowance = fault.allowance[this.#direction];
    this.#pump();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#queue.length = 0;
  }

  #take(chunk: Buffer | undefined): void {
    this.#queue.push({ due: performance.now() + this.#fault.delay, chunk });
    this.#waiting += chunk?.length ?? 0;
    this.#pump();
  }

  #pump(): void {
    clearTimeout(this.#timer);
    for (let next = this.#queue[0]; next !== undefined && this.#isOpen(); next = this.#queue[0]) {
      const wait = next.due - performance.now();
      if (wait > 0) {
        this.#timer = setTimeout(() => this.#pump(), Math.ceil(wait));
        break;
      }
      this.#queue.shift();
      this.#forward(next.chunk);
    }
    if (this.#isOpen() && this.#waiting < MOST_WAITING) this.#from.resume();
    else this.#from.pause();
  }

  #isOpen(): boolean {
    return !this.#fault.isHanging && !this.#to.writableNeedDrain;
  }

  #forward(chunk: Buffer | undefined): void {
    if (chunk === undefined) {
      this.#to.end();
      return;
    }
    this.#waiting -= chunk.length;
    const part = chunk.subarray(0, this.#allowance);
    this.#allowance -= part.length;
    this.#traffic[this.#direction] += part.length;
    if (part.length === chunk.length) this.#to.write(part);
    else {
      this.stop();
      // In the callback the system has taken the bytes: what follows cannot take them back.
      this.#to.write(part, this.#cut);
    }
  }
}

/** A connection of a client, and the one to the server that goes with it. */
export class ProxiedConnection {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #flows: readonly Flow[];
  #isHanging: boolean;
  /** Whether one end was reset while the other must not hear of it. */
  #isBroken = false;

  /** @param client paused */
  constructor(client: Socket, target: Target, wiring: { fault: Fault; traffic: Traffic; onClose: () => void }) {
    this.#client = client;
    this.#server = connect({ ...target, allowHalfOpen: true, noDelay: true });
    const { fault, traffic } = wiring;
    this.#isHanging = fault.isHanging;
    const common = { fault, traffic, cut: () => this.cut() };
    this.#flows = [new Flow("up", client, this.#server, common), new Flow("down", this.#server, client, common)];
    for (const socket of [client, this.#server]) {
      socket.on("error", () => this.#passResetOn());
      socket.on("close", () => {
        if (client.destroyed && this.#server.destroyed) wiring.onClose();
      });
    }
  }

  change(fault: Fault): void {
    this.#isHanging = fault.isHanging;
    if (this.#isBroken && !this.#isHanging) this.cut();
    else for (const flow of this.#flows) flow.change(fault);
  }

  #passResetOn(): void {
    if (this.#isHanging) this.#isBroken = true;
    else this.cut();
  }

  /** Resets both ends. */
  cut(): void {
    for (const flow of this.#flows) flow.stop();
    for (const socket of [this.#client, this.#server]) {
      if (socket.connecting) socket.destroy();
      else socket.resetAndDestroy();
    }
  }
}
