import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const REPOSITORY = fileURLToPath(new URL("../../../", import.meta.url));

/** A small app with settings, a route and verbs of its own. */
export const TINY_APP = `
import { defineApp } from "plinth/app";
import { defineConfig, setting } from "plinth/config";
import { route, routes } from "plinth/http";

export default defineApp({
  name: "tiny",
  version: "1.2.3",
  config: defineConfig({
    greeting: setting.text({ default: "hello" }),
    apiToken: setting.secret({ optional: true }),
    uploads: { maxSize: setting.size({ default: "1mb" }) },
  }),
  services: ({ config }) => ({ greeting: config.greeting }),
  routes: [({ greeting }) => routes(route.get("/hello", { auth: "public", summary: "Says hello" }, () => ({ greeting })))],
  commands: [
    { name: "greet", usage: "<names...>", summary: "greet people", run: (call) => call.arguments.join(" and ") + " in " + call.environment },
    { name: "line", summary: "print a line that has its end", run: () => "one line\\n" },
    { name: "fail", summary: "fail", run: () => { throw new TypeError("nobody foresaw this"); } },
  ],
});
`;

/** A working folder in which "plinth/…" leads to this repository; gone when it is disposed of. */
export interface Home extends Disposable {
  readonly folder: string;
  write(path: string, text: string): void;
  path(name: string): string;
}

export function makeHome(files: Readonly<Record<string, string>> = {}): Home {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "plinth-cli-")));
  const home: Home = {
    folder,
    path: (name) => join(folder, name),
    write(path, text) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }),
  };
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(REPOSITORY, join(folder, "node_modules", "plinth"));
  for (const [path, text] of Object.entries(files)) home.write(path, text);
  return home;
}
