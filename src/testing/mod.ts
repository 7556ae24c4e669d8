export { type FakeClock, createFakeClock } from "./fake-clock.ts";
