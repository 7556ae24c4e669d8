/**
 * `npm run build`: `dist/`, from nothing. The code of all modules lies in few chunks, because a program starts in three quarters of the
 * time when it has 40 files to look for, not 350. Beside the types of each module lies a file that hands on what the module exports.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, globSync, readFileSync, rmSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join, relative, resolve } from "node:path";
import { type ChunkingContext, type OutputChunk, rolldown } from "rolldown";
import { type ModuleNode, groupModules } from "./chunks.ts";
import { packageOf } from "./imports.ts";

const SOURCE = resolve("src");
const { dependencies, peerDependencies } = JSON.parse(readFileSync("package.json", "utf8")) as Record<string, object>;
/** Found where the program runs; whatever else is imported becomes part of the build. */
const PACKAGES: ReadonlySet<string> = new Set(Object.keys({ ...dependencies, ...peerDependencies }));
/** They do something as soon as they are loaded, so they stay files of their own. */
const PROGRAMS = ["cli/main.ts", "app/threads/thread-entry.ts"];
const ENTRIES = [...globSync("*/mod.ts", { cwd: SOURCE }), ...PROGRAMS];

const toPath = (id: string): string => relative(SOURCE, id).replaceAll("\\", "/");

function writeTypes(): void {
  const { status } = spawnSync(join("node_modules", ".bin", "tsc"), ["-p", "tsconfig.build.json"], { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

async function writeCode(): Promise<void> {
  const files = globSync("**/*.ts", { cwd: SOURCE }).sort();
  let chunks: ReadonlyMap<string, string> | undefined;
  const bundle = await rolldown({
    input: Object.fromEntries(files.map((file) => [file.slice(0, -".ts".length), join(SOURCE, file)])),
    external: (id) => isBuiltin(id) || PACKAGES.has(packageOf(id)),
    platform: "node",
    // Types alone vanish; whatever else is there stays.
    treeshake: { moduleSideEffects: true },
    preserveEntrySignatures: "allow-extension",
  });
  const { output } = await bundle.write({
    dir: "dist",
    entryFileNames: "[name].js",
    // As deep as a module was: what one looks for relative to itself is where it was.
    chunkFileNames: "chunks/[name].js",
    minifyInternalExports: false,
    sourcemap: true,
    sourcemapExcludeSources: true,
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [
        {
          debugName: "rooms",
          name: (id, context) => {
            chunks ??= groupModules(new Map(files.map((file) => [file, nodeOf(join(SOURCE, file), context)])), ENTRIES);
            const path = toPath(id);
            // What the bundler adds for its own purposes.
            if (!id.startsWith(SOURCE)) return "helpers";
            return PROGRAMS.includes(path) ? null : (chunks.get(path) ?? null);
          },
        },
      ],
    },
  });
  await bundle.close();
  refuseRings(output.filter((file): file is OutputChunk => file.type === "chunk"));
}

function nodeOf(id: string, context: ChunkingContext): ModuleNode {
  const info = context.getModuleInfo(id);
  const own = (ids: readonly string[] = []): string[] => ids.filter((other) => other.startsWith(SOURCE)).map(toPath);
  return { imports: own(info?.importedIds), lazyImports: own(info?.dynamicallyImportedIds) };
}

/** In a ring of chunks some code would run before what it needs. */
function refuseRings(output: readonly OutputChunk[]): void {
  const importsOf = new Map(output.map(({ fileName, imports }) => [fileName, imports]));
  const done = new Set<string>();
  const visit = (file: string, way: readonly string[]): void => {
    if (way.includes(file)) throw new Error(`Chunks import each other in a ring: ${[...way, file].join(" -> ")}`);
    if (done.has(file)) return;
    for (const imported of importsOf.get(file) ?? []) visit(imported, [...way, file]);
    done.add(file);
  };
  for (const { fileName } of output) visit(fileName, []);
}

rmSync("dist", { recursive: true, force: true });
writeTypes();
await writeCode();
chmodSync("bin/plinth.js", 0o755);
