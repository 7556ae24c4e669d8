import type { MessagePort } from "node:worker_threads";
import type { LockRange, SharedMemory } from "../../core/mod.ts";
import type { FromThread, ToThread } from "./messages.ts";
import { unpackError } from "./transfer.ts";

/** Claims segments from the supervisor, which owns them. */
export class ThreadMemory implements SharedMemory {
  readonly #waiting = new Map<number, PromiseWithResolvers<SharedArrayBuffer>>();
  readonly #port: MessagePort;
  #calls = 0;

  constructor(port: MessagePort) {
    this.#port = port;
    port.on("message", (message: ToThread) => {
      if (message.kind === "segment") this.#waiting.get(message.call)?.resolve(message.segment);
      if (message.kind === "segment-refused") this.#waiting.get(message.call)?.reject(unpackError(message.error));
    });
  }

  claim(name: string, byteLength: number, locks?: LockRange): Promise<SharedArrayBuffer> {
    const call = this.#calls++;
    const waiting = Promise.withResolvers<SharedArrayBuffer>();
    this.#waiting.set(call, waiting);
    this.#port.postMessage({ kind: "claim", call, name, byteLength, locks } satisfies FromThread);
    return waiting.promise.finally(() => this.#waiting.delete(call));
  }
}
