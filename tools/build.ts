/** `npm run build`: `dist/`, from nothing. */
import { spawnSync } from "node:child_process";
import { chmodSync, rmSync } from "node:fs";
import { join } from "node:path";

rmSync("dist", { recursive: true, force: true });
const { status } = spawnSync(join("node_modules", ".bin", "tsc"), ["-p", "tsconfig.build.json"], { stdio: "inherit" });
chmodSync("bin/plinth.js", 0o755);
process.exitCode = status ?? 1;
