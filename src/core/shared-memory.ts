import { errors } from "./errors.ts";

/**
 * Memory that all threads of the process see. A segment is claimed by name: whoever claims first creates it, zeroed;
 * everyone after gets the same bytes. Names are `<room>:<what>`.
 */
export interface SharedMemory {
  /**
   * @param byteLength size in bytes, the same in every thread
   * @throws E_CORE_SEGMENT_MISMATCH when the segment exists with another size
   */
  claim(name: string, byteLength: number): Promise<SharedArrayBuffer>;
}

/** The segments themselves: owned by the supervisor, or by the only thread of a single-threaded program. */
export class SegmentTable implements SharedMemory {
  readonly #segments = new Map<string, SharedArrayBuffer>();

  // eslint-disable-next-line typescript/require-await -- a rejection must arrive as one, as it does across threads
  async claim(name: string, byteLength: number): Promise<SharedArrayBuffer> {
    return this.claimSync(name, byteLength);
  }

  claimSync(name: string, byteLength: number): SharedArrayBuffer {
    const existing = this.#segments.get(name);
    if (existing !== undefined) {
      if (existing.byteLength !== byteLength)
        throw errors.SEGMENT_MISMATCH({ name, have: existing.byteLength, want: byteLength });
      return existing;
    }
    const created = new SharedArrayBuffer(byteLength);
    this.#segments.set(name, created);
    return created;
  }

  /** All segments and their sizes, for operators. */
  sizes(): ReadonlyMap<string, number> {
    return new Map([...this.#segments].map(([name, segment]) => [name, segment.byteLength]));
  }
}
