// How long a program takes from nothing to serving on every thread.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Contender, type ContenderParts, FROM_SOURCE, contendersIn } from "../harness/contender.ts";
import { describeMachine, publishTable } from "../harness/report.ts";
import { ServerProcess } from "../harness/server-process.ts";
import { medianRatio, spreadOf } from "../harness/statistics.ts";
import type { BenchmarkOptions } from "../main.ts";

const PEERS = new URL("../production-request/", import.meta.url);
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Twice the reference is what a start may take. */
const MOST = 2;

/** A server that SIGTERM ends keeps nothing unless it is told to. */
const KEEP_COMPILED = `data:text/javascript,${encodeURIComponent(
  'import { flushCompileCache } from "node:module"; process.on("SIGTERM", () => { flushCompileCache(); process.exit(); });',
)}`;

interface Start {
  readonly app: string;
  /** For what the app stores. */
  readonly folder: string;
  readonly nodeArguments: readonly string[];
}

/** `plinth start` on two threads, as its users run it. */
function startOf(name: string, title: string, { app, folder, nodeArguments }: Start): ContenderParts {
  const storage = { STORAGE_URL: `file:${join(folder, "files")}`, DATABASE_URL: `sqlite:${join(folder, "parcel.db")}` };
  return {
    name,
    title,
    file: join(ROOT, "bin", "plinth.js"),
    nodeArguments,
    pinned: false, // threads are begun side by side
    fileArguments: ["start", "--app", app],
    env: { APP_ENV: "test", HTTP_THREADS: "2", LOG_FILE: undefined, ...storage },
  };
}

/** The service in a project of its own, which has Plinth as a package: so it runs on the build, where no condition says otherwise. */
function makeProject(folder: string): string {
  const packages = join(folder, "node_modules");
  mkdirSync(packages);
  symlinkSync(ROOT, join(packages, "plinth"));
  symlinkSync(join(ROOT, "node_modules", "zod"), join(packages, "zod"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  const source = readFileSync(new URL("plinth-app.ts", PEERS), "utf8")
    .replaceAll(/"[./]+src\/(\w+)\/mod.ts"/g, '"plinth/$1"')
    .replace('"./settings.ts"', `"${new URL("settings.ts", PEERS).href}"`);
  writeFileSync(join(folder, "app.ts"), source);
  return join(folder, "app.ts");
}

function contendersOf(folder: string): readonly Contender[] {
  const parcel = join(ROOT, "apps/parcel/app.ts");
  const service = makeProject(folder);
  const all: readonly ContenderParts[] = [
    { name: "fastify", title: "Fastify, the server of `production-request`, one thread", pinned: false },
    {
      name: "fastify-cached",
      title: "the same, with Node's compile cache",
      file: fileURLToPath(new URL("fastify.ts", PEERS)),
      nodeArguments: ["--import", KEEP_COMPILED],
      env: { NODE_COMPILE_CACHE: join(folder, "compiled") },
      pinned: false,
    },
    startOf("plinth", "**Plinth**, the same service, two threads", { app: service, folder, nodeArguments: [] }),
    startOf("plinth-source", "the same, from source", { app: service, folder, nodeArguments: FROM_SOURCE }),
    startOf("parcel", "Parcel, two threads", { app: parcel, folder, nodeArguments: [] }),
    startOf("parcel-source", "the same, from source", { app: parcel, folder, nodeArguments: FROM_SOURCE }),
  ];
  return contendersIn(PEERS, all);
}

/** @returns whether every asserted target holds */
export async function run(options: BenchmarkOptions): Promise<boolean> {
  const { status } = spawnSync(process.execPath, [join(ROOT, "tools", "build.ts")], { cwd: ROOT, stdio: "inherit" });
  if (status !== 0) throw new Error("The build failed.");
  const folder = mkdtempSync(join(tmpdir(), "plinth-startup-"));
  try {
    const contenders = contendersOf(folder);
    const rounds = options.rounds ?? (options.quick ? 3 : 9);
    const times = await measure(contenders, rounds, join(folder, "server.log"));
    const reference = times.get(contenders[0] as Contender) ?? [];
    const ratios = new Map([...times].map(([contender, own]) => [contender, medianRatio(own, reference)]));
    const table = formatTable(times, ratios, rounds);
    console.log(`\n${table}`);
    if (!options.quick) publishTable("startup", table);
    const slow = [...ratios].filter(([{ name }, ratio]) => name.startsWith("plinth") && !(ratio <= MOST));
    if (!options.assert) return true;
    for (const [{ id }, ratio] of slow)
      console.error(`target broken: ${id} takes ${ratio.toFixed(2)} × fastify, at most ${MOST} is allowed`);
    return slow.length === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Times = ReadonlyMap<Contender, number[]>;

/** In turns. The first round only fills the caches of compiled code, and is not counted. */
async function measure(contenders: readonly Contender[], rounds: number, logFile: string): Promise<Times> {
  const times: Times = new Map(contenders.map((contender) => [contender, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const [contender, measured] of times) {
      const server = await ServerProcess.start(contender, logFile);
      await server.stop();
      if (round > 0) measured.push(server.readyMilliseconds);
    }
  }
  return times;
}

function formatTable(times: Times, ratios: ReadonlyMap<Contender, number>, rounds: number): string {
  const rows = [...times].map(([contender, all]) => {
    const [low, middle, high] = spreadOf(all).map((time) => time.toFixed(0));
    return `| ${contender.title} | ${middle} (${low}–${high}) | ${ratios.get(contender)?.toFixed(2)} |`;
  });
  return [
    "| program | ready after ms | × fastify |",
    "| --- | ---: | ---: |",
    ...rows,
    "",
    `Median of ${rounds} starts (lowest–highest) in turns, after one that is not counted and fills the caches of compiled code.`,
    describeMachine(),
  ].join("\n");
}
