import { toError } from "../core/mod.ts";
import type { Engine } from "./engine.ts";
import type { Parcel, Shelf } from "./shelf.ts";
import type { InvalidationTarget } from "./store-contract.ts";
import { targetName } from "./target.ts";

/** Makes the cache forget, in an order that leaves no moment at which what was forgotten can come back. */
export class Invalidator {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Now, or after the commit of the current transaction. */
  invalidate(targets: readonly InvalidationTarget[]): Promise<void> {
    if (targets.length === 0) return Promise.resolve();
    const names = targets.map(targetName);
    return this.#engine.touches.afterCommit(names, () => this.#apply(targets));
  }

  /** What others have done: it concerns this process's memory only. */
  forget(targets: readonly InvalidationTarget[]): void {
    const { generations } = this.#engine;
    generations.invalidate(targets.map((target) => generations.slotOf(targetName(target))));
  }

  async #apply(targets: readonly InvalidationTarget[]): Promise<void> {
    this.forget(targets);
    const { guard } = this.#engine;
    if (guard === undefined) return;
    await guard.invalidate(targets);
    // Between the two, another thread may have taken the old value from the store.
    this.forget(targets);
  }

  /** Puts a value in the place of whatever is there or is being made. */
  replace(shelf: Shelf, id: string, parcel: Parcel): Promise<void> {
    const { namespace, id: storeId } = shelf.storeKey(id);
    const target: InvalidationTarget = { kind: "key", namespace, id: storeId };
    return this.#engine.touches.afterCommit([targetName(target)], () => this.#put(shelf, { id, parcel, target }));
  }

  async #put(shelf: Shelf, { id, parcel, target }: Put): Promise<void> {
    const { generations, guard } = this.#engine;
    const slot = generations.slotOf(targetName(target));
    const since = generations.invalidate([slot]);
    if (guard === undefined) {
      this.#keep(shelf, { id, parcel, target }, since);
      return;
    }
    let stored = true;
    try {
      await guard.ask((store) => store.replace(shelf.storeKey(id), shelf.toWrite(parcel)));
    } catch (thrown) {
      // What the store still has is older than this.
      guard.remember([target], toError(thrown));
      stored = false;
    }
    // When another has set or deleted it meanwhile, only the store knows whose turn was last.
    const born = generations.advance(slot, since);
    if (born !== undefined) this.#keep(shelf, { id, parcel, target }, born, !stored);
  }

  #keep(shelf: Shelf, { id, parcel }: Put, born: bigint, share = true): void {
    const entry = shelf.toEntry(id, parcel, born);
    if (shelf.keep(id, entry) && share) shelf.share(id, parcel, entry);
  }
}

interface Put {
  readonly id: string;
  readonly parcel: Parcel;
  readonly target: InvalidationTarget;
}
