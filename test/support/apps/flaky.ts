import { defineApp } from "#src/app/mod";
import { route, routes } from "#src/http/mod";

// An app whose second and third start in a process fail.
export default defineApp({
  name: "flaky",
  services: async ({ runtime }) => {
    const starts = new Int32Array(await runtime.memory.claim("flaky:starts", 4));
    const start = (): void => {
      const count = Atomics.add(starts, 0, 1) + 1;
      if (count === 2 || count === 3) throw new Error(`start ${count} fails`);
    };
    return { flaky: { name: "flaky", start } };
  },
  routes: [
    () =>
      routes(
        route.get("/hello", { auth: "public" }, () => "hello"),
        route.get("/exit", { auth: "public" }, () => process.exit(0)),
      ),
  ],
});
