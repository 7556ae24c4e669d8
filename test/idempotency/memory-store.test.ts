import { createMemoryIdempotencyStore } from "#src/idempotency/memory-store";
import { idempotencyStoreSuite } from "#src/testing/idempotency-store-suite";

idempotencyStoreSuite.run("memory", () => ({ store: createMemoryIdempotencyStore(), transactional: false }));
