import assert from "node:assert/strict";
import type { ClaimRequest, IdempotencyRecord, IdempotencyStore } from "../idempotency/mod.ts";
import { type ConformanceSuite, defineConformanceSuite } from "./conformance-suite.ts";

/** A store of idempotency keys, empty. */
export interface IdempotencyStoreSubject {
  readonly store: IdempotencyStore;
  /** Whether `finish` joins a transaction: what is in memory alone cannot. */
  readonly transactional: boolean;
}

const START = Date.UTC(2026, 10, 1);
const LEASE = 30_000;
const TTL = 86_400_000;

/** SHA-256 of a name, as stores see it. */
function named(name: string): string {
  return Buffer.from(name).toString("hex").padEnd(64, "0").slice(0, 64);
}

function request(key: string, owner: string, change: Partial<ClaimRequest> = {}): ClaimRequest {
  const now = change.now ?? START;
  const fingerprint = named("payload");
  return { id: named(key), owner, fingerprint, now, leaseUntil: now + LEASE, expiresAt: now + TTL, ...change };
}

const RECORD: IdempotencyRecord = {
  payload: null,
  answer: { status: 201, head: `{"kind":"answer","headers":["x","grüße 😀"]}`, body: Buffer.from([0, 1, 128, 255, 39, 92]) },
};

/** What every `IdempotencyStore` does: one claim of many is granted, and only who holds it writes the record. */
export const idempotencyStoreSuite: ConformanceSuite<IdempotencyStoreSubject> = defineConformanceSuite<IdempotencyStoreSubject>(
  "idempotency store",
  {
    "grants an unused key": async ({ store }) => {
      assert.deepEqual(await store.claim(request("a", "one")), { state: "claimed" });
    },
    "grants one of many claims at one time": async ({ store }) => {
      const owners = Array.from({ length: 20 }, (_, index) => `owner-${index}`);
      const outcomes = await Promise.all(owners.map((owner) => store.claim(request("a", owner))));
      assert.equal(outcomes.filter(({ state }) => state === "claimed").length, 1);
      assert.equal(outcomes.filter(({ state }) => state === "in flight").length, 19);
    },
    "keeps keys apart": async ({ store }) => {
      await store.claim(request("a", "one"));
      assert.equal((await store.claim(request("b", "two"))).state, "claimed");
    },
    "tells the fingerprint of what is in flight": async ({ store }) => {
      await store.claim(request("a", "one", { fingerprint: named("first") }));
      const outcome = await store.claim(request("a", "two", { fingerprint: named("second") }));
      assert.deepEqual(outcome, { state: "in flight", fingerprint: named("first") });
    },
    "gives back a record byte for byte": async ({ store }) => {
      const claim = request("a", "one");
      await store.claim(claim);
      assert.equal(await store.finish(claim, { ...RECORD, payload: named("body") }), true);
      const outcome = await store.claim(request("a", "two"));
      assert.equal(outcome.state, "done");
      if (outcome.state !== "done") return;
      const { payload, answer } = outcome.record;
      assert.equal(outcome.fingerprint, claim.fingerprint);
      assert.equal(payload, named("body"));
      assert.equal(answer.status, 201);
      assert.equal(answer.head, RECORD.answer.head);
      assert.deepEqual([...(answer.body as Uint8Array)], [0, 1, 128, 255, 39, 92]);
    },
    "gives back a record without a body, and a large one": async ({ store }) => {
      for (const body of [null, Buffer.alloc(300_000, 7)]) {
        const claim = request(body === null ? "a" : "b", "one");
        await store.claim(claim);
        await store.finish(claim, { ...RECORD, answer: { ...RECORD.answer, body } });
        const outcome = await store.claim(claim);
        const found = outcome.state === "done" ? outcome.record.answer.body : undefined;
        assert.equal(found?.byteLength, body?.byteLength);
      }
    },
    "does not write a record twice": async ({ store }) => {
      const claim = request("a", "one");
      await store.claim(claim);
      await store.finish(claim, RECORD);
      assert.equal(await store.finish(claim, { ...RECORD, answer: { ...RECORD.answer, status: 500 } }), false);
      const outcome = await store.claim(request("a", "two"));
      assert.equal(outcome.state === "done" && outcome.record.answer.status, 201);
    },
    "holds a claim to the end of its lease and not beyond": async ({ store }) => {
      await store.claim(request("a", "one"));
      assert.equal((await store.claim(request("a", "two", { now: START + LEASE - 1 }))).state, "in flight");
      assert.equal((await store.claim(request("a", "two", { now: START + LEASE }))).state, "claimed");
    },
    "holds a claim that is renewed": async ({ store }) => {
      const claim = request("a", "one");
      await store.claim(claim);
      assert.equal(await store.renew(claim, START + 3 * LEASE), true);
      assert.equal((await store.claim(request("a", "two", { now: START + 2 * LEASE }))).state, "in flight");
    },
    "grants an abandoned key to one of many": async ({ store }) => {
      await store.claim(request("a", "dead"));
      const owners = Array.from({ length: 20 }, (_, index) => `owner-${index}`);
      const outcomes = await Promise.all(owners.map((owner) => store.claim(request("a", owner, { now: START + LEASE }))));
      assert.equal(outcomes.filter(({ state }) => state === "claimed").length, 1);
    },
    "does not grant an abandoned key to another payload": async ({ store }) => {
      await store.claim(request("a", "dead"));
      const outcome = await store.claim(request("a", "two", { now: START + LEASE, fingerprint: named("other") }));
      assert.deepEqual(outcome, { state: "in flight", fingerprint: named("payload") });
    },
    "takes the right to write from whoever lost the claim": async ({ store }) => {
      const slow = request("a", "slow");
      const next = request("a", "next", { now: START + LEASE });
      await store.claim(slow);
      await store.claim(next);
      assert.equal(await store.renew(slow, START + 9 * LEASE), false);
      assert.equal(await store.finish(slow, RECORD), false);
      await store.release(slow);
      assert.equal((await store.claim(request("a", "third", { now: START + LEASE }))).state, "in flight");
      assert.equal(await store.finish(next, RECORD), true);
    },
    "frees a key that is released": async ({ store }) => {
      const claim = request("a", "one");
      await store.claim(claim);
      await store.release(claim);
      assert.equal((await store.claim(request("a", "two", { fingerprint: named("other") }))).state, "claimed");
    },
    "does not release a record": async ({ store }) => {
      const claim = request("a", "one");
      await store.claim(claim);
      await store.finish(claim, RECORD);
      await store.release(claim);
      assert.equal((await store.claim(claim)).state, "done");
    },
    "grants an expired key anew, whatever it was for": async ({ store }) => {
      const claim = request("a", "one");
      await store.claim(claim);
      await store.finish(claim, RECORD);
      const late = { now: START + TTL, fingerprint: named("other") };
      assert.equal((await store.claim(request("a", "early", { now: START + TTL - 1 }))).state, "done");
      assert.equal((await store.claim(request("a", "late", late))).state, "claimed");
      assert.equal((await store.claim(request("a", "later", late))).state, "in flight");
    },
    "sweeps what has expired, within its bound": async ({ store }) => {
      for (const key of ["a", "b", "c"]) {
        const claim = request(key, key);
        await store.claim(claim);
        await store.finish(claim, RECORD);
      }
      await store.claim(request("fresh", "one", { expiresAt: START + 2 * TTL }));
      assert.equal(await store.sweep(START + TTL - 1, 10), 0);
      assert.equal(await store.sweep(START + TTL, 2), 2);
      assert.equal(await store.sweep(START + TTL, 10), 1);
      assert.equal(await store.sweep(START + TTL, 10), 0);
      assert.equal((await store.claim(request("fresh", "two"))).state, "in flight");
    },
    "does not sweep what is in flight": async ({ store }) => {
      const claim = request("a", "one", { expiresAt: START + 1 });
      await store.claim(claim);
      assert.equal(await store.sweep(START + LEASE - 1, 10), 0);
      assert.equal(await store.finish(claim, RECORD), true);
    },
    "hands on what a transaction returns and throws": async ({ store }) => {
      assert.equal(await store.transact(async () => 7, { retry: true }), 7);
      await assert.rejects(
        store.transact(() => Promise.reject(new RangeError("no")), { retry: false }),
        RangeError,
      );
    },
    "keeps a record if and only if its transaction is committed": async ({ store, transactional }) => {
      const claim = request("a", "one");
      await store.claim(claim);
      if (transactional) {
        const undone = store.transact(
          async () => {
            assert.equal(await store.finish(claim, RECORD), true);
            throw new RangeError("undone");
          },
          { retry: true },
        );
        await assert.rejects(undone, RangeError);
        assert.equal((await store.claim(request("a", "two"))).state, "in flight");
      }
      await store.transact(() => store.finish(claim, RECORD), { retry: true });
      assert.equal((await store.claim(request("a", "three"))).state, "done");
    },
  },
);
