/**
 * Packs the package as it would be published, has two linters look at the archive, installs it into an empty project and loads every subpath there.
 * Needs `dist/`.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = process.cwd();
const bin = (name: string): string => join(root, "node_modules", ".bin", name);

function step(what: string, program: string, args: readonly string[], cwd: string): string {
  console.log(`- ${what}`);
  try {
    return execFileSync(program, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  } catch (error) {
    console.error((error as { readonly stdout?: string }).stdout ?? "");
    throw new Error(`Package check failed at: ${what}`, { cause: error });
  }
}

const { name, exports } = JSON.parse(readFileSync("package.json", "utf8")) as { readonly name: string; readonly exports: object };
if (!existsSync("dist")) throw new Error("dist/ does not exist. Run `npm run build` first.");

const folder = mkdtempSync(join(tmpdir(), "tools-package-"));
try {
  const packed = step("pack", "npm", ["pack", "--silent", "--pack-destination", folder], root).trim();
  const archive = join(folder, packed.split("\n").at(-1) ?? "");
  step("publint", bin("publint"), ["run", archive, "--strict"], root);
  step(
    "are the types wrong?",
    bin("attw"),
    [archive, "--profile", "esm-only", "--no-emoji", "--exclude-entrypoints", "package.json"],
    root,
  );

  writeFileSync(join(folder, "package.json"), `{ "private": true, "type": "module" }`);
  step("install", "npm", ["install", "--silent", "--ignore-scripts", "--prefer-offline", archive], folder);
  const subpaths = Object.keys(exports).filter((subpath) => !subpath.endsWith(".json"));
  const program = subpaths
    .map((subpath) => join(name, subpath))
    .map((path) => `if (Object.keys(await import("${path}")).length === 0) throw new Error("${path} exports nothing");`);
  writeFileSync(join(folder, "load.js"), program.join("\n"));
  step(`load ${subpaths.length} subpaths`, process.execPath, ["load.js"], folder);
  step("run the command", process.execPath, [join("node_modules", ".bin", name), "--help"], folder);
  console.log("The package is sound.");
} finally {
  rmSync(folder, { recursive: true });
}
