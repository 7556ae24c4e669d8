import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, relative, resolve } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

// What is not needed is imported when it is asked for. A build that merges modules must not undo that.

/** The packages that come with each room. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  core: [],
  config: [],
  log: ["pino"],
  telemetry: [],
  security: [],
  http: ["find-my-way", "mrmime"],
  caller: [],
  db: ["kysely"],
  redis: [],
  cache: ["find-my-way", "lru-cache", "mrmime"],
  idempotency: ["find-my-way", "kysely", "mrmime"],
  ratelimit: [],
  auth: [],
  app: ["find-my-way", "mrmime", "pino"],
  testing: ["find-my-way", "kysely", "mrmime", "pino"],
};

const { exports, dependencies, peerDependencies } = JSON.parse(readFileSync("package.json", "utf8")) as Record<string, object>;
const declared: ReadonlySet<string> = new Set(Object.keys({ ...dependencies, ...peerDependencies }));
const rooms = Object.keys(exports ?? {}).flatMap((path) => (path.endsWith(".json") ? [] : [basename(path)]));
const onBuild = import.meta.resolve("#src/core/mod").endsWith(".js");
const SOURCES = ["--conditions=plinth:source"];

const RECORDER = `
  import { registerHooks } from "node:module";
  import { writeSync } from "node:fs";
  const urls = [];
  registerHooks({ load: (url, context, next) => (urls.push(url), next(url, context)) });
  process.on("exit", () => writeSync(1, "\\n" + JSON.stringify(urls)));
`;

/** The files that a program loads, by path. */
async function filesOf(program: readonly string[], cwd: string): Promise<string[]> {
  const recorder = `--import=data:text/javascript,${encodeURIComponent(RECORDER)}`;
  // A verb that refuses its words has loaded what it needed to say so.
  const { stdout } = await promisify(execFile)(process.execPath, [recorder, ...program], { cwd }).catch(
    (refused: Error & { readonly stdout: string }) => refused,
  );
  const urls = JSON.parse(stdout.split("\n").at(-1) ?? "") as string[];
  return urls.filter((url) => url.startsWith("file:")).map((url) => relative(process.cwd(), fileURLToPath(url)));
}

const importOf = (room: string): string[] => ["--input-type=module", "--eval", `import "plinth/${room}";`];

/** The packages of the manifest among files. */
function packagesIn(files: readonly string[]): string[] {
  const names = files.flatMap((file) => /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []);
  return [...new Set(names)].filter((name) => declared.has(name)).sort();
}

interface SourceMap {
  readonly sources: readonly string[];
}

/** The map of a chunk; a chunk with nothing of the sources has none. */
function mapOf(chunk: string): SourceMap | undefined {
  return existsSync(`${chunk}.map`) ? (JSON.parse(readFileSync(`${chunk}.map`, "utf8")) as SourceMap) : undefined;
}

/** The modules of the sources among files: the files themselves, or what was built into them. */
function sourcesIn(files: readonly string[]): string[] {
  return files.flatMap((file) => {
    if (file.startsWith("src/")) return [file];
    if (!file.startsWith("dist/chunks/")) return [];
    return (mapOf(file)?.sources ?? []).map((source) => relative(process.cwd(), resolve(dirname(file), source)));
  });
}

describe("importing a room loads no package that only some of its users need", () => {
  for (const room of rooms) {
    test(room, async () => {
      const files = await filesOf([...(onBuild ? [] : SOURCES), ...importOf(room)], process.cwd());
      assert.deepEqual(packagesIn(files), PACKAGES[room]);
    });
  }
});

describe("`plinth start` begins threads first, and apps in threads do without the supervisor:", () => {
  const loadedWith = (module: string): Promise<string[]> =>
    filesOf([...(onBuild ? [] : SOURCES), "--input-type=module", "--eval", `import "${module}";`], process.cwd());

  test("the verb brings no package but that of the command line", async () => {
    const files = await loadedWith("#src/cli/start");
    assert.ok(sourcesIn(files).includes("src/app/launch.ts"));
    assert.deepEqual(packagesIn(files), ["commander"]);
  });

  test("the door of app brings no supervisor", async () => {
    const modules = sourcesIn(await loadedWith("plinth/app"));
    assert.ok(modules.includes("src/app/define-app.ts"));
    assert.ok(!modules.includes("src/app/program.ts"));
  });
});

if (onBuild) {
  describe("the build loads no module that the sources would not load", () => {
    const assertNoMore = async (built: readonly string[], source: readonly string[], cwd: string): Promise<void> => {
      const [loaded, needed] = await Promise.all([filesOf(built, cwd), filesOf([...SOURCES, ...source], cwd)]);
      const modules = sourcesIn(loaded);
      assert.ok(modules.length > 0, "no module was found");
      const known = new Set(sourcesIn(needed));
      assert.deepEqual(
        modules.filter((module) => !known.has(module)),
        [],
      );
    };

    for (const room of rooms) test(room, () => assertNoMore(importOf(room), importOf(room), process.cwd()));

    const shop = resolve("test/support/apps/shop.ts");
    for (const words of [["--version"], ["start"], ["config", "check"], ["db", "lint"], ["routes", "--app", shop]]) {
      test(`plinth ${words.slice(0, 2).join(" ")}`, () =>
        assertNoMore([resolve("dist/cli/main.js"), ...words], [resolve("src/cli/main.ts"), ...words], tmpdir()));
    }
  });

  describe("the chunks of the build", () => {
    const chunks = globSync("dist/chunks/*.js").sort();

    test("lead to the sources by their maps, and do not hold their text", () => {
      for (const map of chunks.flatMap((chunk) => mapOf(chunk) ?? [])) {
        assert.ok(!("sourcesContent" in map));
        for (const source of map.sources) assert.match(source, /^\.\.\/\.\.\/src\/.+\.ts$/);
      }
    });
  });
}
