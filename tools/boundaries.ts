/**
 * Holds every import of `src` and `apps` against tools/import-table.ts. `--write` also prints the table into docs/architecture.md;
 * without it the printed table must be current.
 */
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join, posix } from "node:path";
import { APP_PACKAGES, CONFINEMENTS, ENVIRONMENT_FILE, IMPORT_TABLE } from "./import-table.ts";
import { type Import, findImports, lineAt, maskSource, packageOf } from "./imports.ts";

export interface Fault {
  readonly file: string;
  readonly line: number;
  /** What is wrong, and what to do. */
  readonly message: string;
}

interface SourceFile {
  readonly path: string;
  readonly room: string;
  readonly imports: readonly Import[];
}

/** Every fault in the tree at `root`. */
export function findFaults(root: string): Fault[] {
  const paths = globSync("{src,apps}/**/*.ts", { cwd: root, exclude: ["**/node_modules/**"] })
    .map((path) => path.replaceAll("\\", "/"))
    .sort();
  const faults: Fault[] = [];
  const files: SourceFile[] = [];
  for (const path of paths) {
    const source = readFileSync(join(root, path), "utf8");
    const masked = maskSource(source);
    const file = { path, room: path.split("/")[1] as string, imports: findImports(source, masked) };
    files.push(file);
    const check = path.startsWith("apps/") ? checkAppImport : checkRoomImport;
    if (path.startsWith("src/")) faults.push(...checkPlace(file), ...findEnvironmentUses(path, masked));
    for (const found of file.imports) {
      const message = check(file, found.specifier);
      if (message !== undefined) faults.push({ file: path, line: found.line, message });
    }
  }
  return [...faults, ...findCycles(files)];
}

function checkPlace({ path, room }: SourceFile): Fault[] {
  if (path.split("/").length > 2 && Object.hasOwn(IMPORT_TABLE, room)) return [];
  const message = `This file is in no room of the import table. Move it into one, or add the room to tools/import-table.ts.`;
  return [{ file: path, line: 1, message }];
}

function checkRoomImport(file: SourceFile, specifier: string): string | undefined {
  if (specifier.startsWith(".")) return checkRelative(file, posix.join(posix.dirname(file.path), specifier));
  if (isBuiltin(specifier)) return checkBuiltin(file, specifier);
  if (specifier === "#thread-entry") return undefined;
  if (specifier.startsWith("#")) return `"${specifier}" is for tests. Import the file by its relative path.`;
  if (specifier === "plinth" || specifier.startsWith("plinth/")) {
    return `The package does not import itself. Import "../${specifier.slice("plinth/".length)}/mod.ts".`;
  }
  const name = packageOf(specifier);
  if (IMPORT_TABLE[file.room]?.packages.includes(name) === true) return undefined;
  return `Room "${file.room}" may not import the package "${name}". Do without it, or allow it in tools/import-table.ts and say why in docs/decisions/.`;
}

function checkRelative(file: SourceFile, target: string): string | undefined {
  const [top, room = "", ...rest] = target.split("/");
  if (top !== "src") return `"${target}" is outside src. What ships imports only what ships.`;
  const inner = rest.join("/");
  if (room === file.room) {
    if (inner !== "mod.ts") return undefined;
    return `Inside a room the door is not used. Import the sibling file that has it instead of mod.ts.`;
  }
  if (IMPORT_TABLE[file.room]?.files?.includes(`${room}/${inner}`) === true) return undefined;
  if (IMPORT_TABLE[file.room]?.rooms.includes(room) !== true) {
    const allowed = IMPORT_TABLE[file.room]?.rooms.join(", ") || "no other room";
    return `Room "${file.room}" may not import room "${room}" (it may import: ${allowed}). Take the value as a parameter, or announce it on a channel.`;
  }
  if (inner === "mod.ts" || inner === "contract.ts") return undefined;
  return `Only mod.ts and contract.ts of another room may be imported, not ${inner}. Export it from src/${room}/mod.ts.`;
}

function checkBuiltin(file: SourceFile, specifier: string): string | undefined {
  if (!specifier.startsWith("node:")) return `Write "node:${specifier}".`;
  const confinement = CONFINEMENTS.find(({ modules }) => modules.includes(specifier));
  if (confinement === undefined || confinement.only.some((pattern) => pattern.test(file.path))) return undefined;
  return `"${specifier}" (${confinement.what}) may be imported only in ${confinement.where}. Take what you need from there.`;
}

function checkAppImport(file: SourceFile, specifier: string): string | undefined {
  if (specifier.startsWith(".")) {
    const target = posix.join(posix.dirname(file.path), specifier);
    if (target.startsWith(`apps/${file.room}/`)) return undefined;
    return `An app may not reach outside its folder (${target}). Import "plinth/<room>".`;
  }
  if (isBuiltin(specifier)) return undefined;
  const [name, room = "", ...rest] = specifier.split("/");
  if (name === "plinth") {
    if (Object.hasOwn(IMPORT_TABLE, room) && rest.length === 0) return undefined;
    return `"${specifier}" is no room. Import "plinth/<room>".`;
  }
  if (APP_PACKAGES.includes(packageOf(specifier))) return undefined;
  return `An app may import only "plinth/<room>" and ${APP_PACKAGES.join(", ")}, not "${specifier}".`;
}

const ENVIRONMENT =
  /(?<![\w$.])(?:globalThis\s*\.\s*)?process\s*(?:\?\.|\.)\s*env\b|\benv\b[^=;]*\}\s*=\s*process\b|(?<![\w$.])process\s*\[/g;

function findEnvironmentUses(path: string, masked: string): Fault[] {
  if (path === ENVIRONMENT_FILE) return [];
  return [...masked.matchAll(ENVIRONMENT)].map((match) => ({
    file: path,
    line: lineAt(masked, match.index),
    message: `The environment is read only in ${ENVIRONMENT_FILE}. Take the value from the configuration, or as a parameter.`,
  }));
}

/** Circles in the graph of all files, types included: one fault for each import that closes one. */
function findCycles(files: readonly SourceFile[]): Fault[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const faults: Fault[] = [];
  const finished = new Set<string>();
  const path: string[] = [];
  const visit = (file: SourceFile): void => {
    path.push(file.path);
    for (const { specifier, line } of file.imports) {
      const target = byPath.get(posix.join(posix.dirname(file.path), specifier));
      if (!specifier.startsWith(".") || target === undefined || finished.has(target.path)) continue;
      const start = path.indexOf(target.path);
      if (start < 0) visit(target);
      else {
        const circle = [...path.slice(start), target.path].join(" -> ");
        faults.push({ file: file.path, line, message: `Import cycle: ${circle}. Move what both need into a file of its own.` });
      }
    }
    path.pop();
    finished.add(file.path);
  };
  for (const file of files) if (!finished.has(file.path)) visit(file);
  return faults;
}

const TABLE_START = "<!-- import table: printed by tools/boundaries.ts -->";
const TABLE_END = "<!-- end of import table -->";

/** The table as Markdown. */
export function printTable(): string {
  const rows = Object.entries(IMPORT_TABLE).map(
    ([room, { rooms, packages, files = [] }]) =>
      `| ${room} | ${[...rooms, ...files].join(", ") || "nothing"} | ${packages.join(", ")} |`,
  );
  return ["| room | may import | and the packages |", "| --- | --- | --- |", ...rows].join("\n");
}

/** The document with the printed table between its markers; undefined when it has no markers. */
export function withTable(document: string): string | undefined {
  const start = document.indexOf(TABLE_START);
  const end = document.indexOf(TABLE_END);
  if (start < 0 || end < start) return undefined;
  return `${document.slice(0, start + TABLE_START.length)}\n\n${printTable()}\n\n${document.slice(end)}`;
}

/** Checks the tree at `root` and its printed table; with `write` the table is printed anew. */
export function checkBoundaries(root: string, write: boolean): Fault[] {
  const faults = findFaults(root);
  const file = "docs/architecture.md";
  const path = join(root, file);
  const document = existsSync(path) ? readFileSync(path, "utf8") : "";
  const current = withTable(document);
  if (current === undefined)
    faults.push({ file, line: 1, message: `The markers of the import table are missing: ${TABLE_START} … ${TABLE_END}` });
  else if (write && current !== document) writeFileSync(path, current);
  else if (current !== document)
    faults.push({ file, line: 1, message: "The printed import table is out of date. Run `npm run docs`." });
  return faults;
}

if (import.meta.main) {
  const faults = checkBoundaries(process.cwd(), process.argv.includes("--write"));
  for (const { file, line, message } of faults) console.error(`${file}:${line} ${message}`);
  if (faults.length > 0) process.exitCode = 1;
}
