import { defineConfig, setting } from "#src/config/mod";
import { defineApp } from "#src/app/mod";
import { route, routes } from "#src/http/mod";

// An app with a service whose start never ends in one thread, unless it is given up. For signals that come before it is ready.

const wait = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

export default defineApp({
  name: "slow-start",
  config: defineConfig({ slowThread: setting.text({ optional: true }) }),
  services: ({ config, runtime, log }) => {
    const say = (message: string): void => log.info({ where: runtime.thread }, message);
    const quick = { name: "quick", start: () => say("quick started"), stop: () => say("quick stopped") };
    const slow = {
      name: "slow",
      dependsOn: ["quick"],
      start: (): Promise<void> | void => {
        if (runtime.thread !== config.slowThread) return;
        say("slow is starting");
        return new Promise(() => undefined);
      },
      stop: () => say("slow stopped"),
    };
    return { quick, slow };
  },
  routes: [
    () =>
      routes(
        route.get("/slow", { auth: "public" }, async ({ log }) => {
          log.info("under way");
          await wait(300);
          return "answered";
        }),
      ),
  ],
});
