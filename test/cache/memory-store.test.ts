import { createMemoryStore } from "#src/cache/memory-store";
import { cacheStoreSuite } from "#src/testing/cache-store-suite";
import { createFakeClock } from "#src/testing/fake-clock";

cacheStoreSuite.run("memory", () => {
  const clock = createFakeClock();
  const machines = createMemoryStore({ clock });
  return { one: machines.connect(), other: machines.connect(), pass: (milliseconds) => clock.advance(milliseconds) };
});
