#!/usr/bin/env node
// Written so that Nodes far too old for Plinth can read it, and say so.
import * as childProcess from "node:child_process";
import * as fs from "node:fs";
import * as nodeModule from "node:module";
import * as path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

var NEEDED = [24, 14, 1];
var SOURCES = "--conditions=plinth:source";

function isOldNode() {
  var parts = process.versions.node.split(".").map(Number);
  for (var i = 0; i < NEEDED.length; i++) {
    if (parts[i] !== NEEDED[i]) return parts[i] < NEEDED[i];
  }
  return false;
}

// Compiled code, types already stripped, is kept for the next start: less time, and 25 MB less memory. It lies in a folder of the project,
// never in a temporary folder that others may write to: it is code.
function keepCompiledCode(root) {
  if (process.env.NODE_DISABLE_COMPILE_CACHE) return;
  var modules = path.join(root, "node_modules");
  // In the environment, because threads look there.
  if (!process.env.NODE_COMPILE_CACHE && fs.existsSync(modules))
    process.env.NODE_COMPILE_CACHE = path.join(modules, ".cache", "plinth");
  if (process.env.NODE_COMPILE_CACHE) nodeModule.enableCompileCache(process.env.NODE_COMPILE_CACHE);
}

function start() {
  var root = path.join(path.dirname(fileURLToPath(import.meta.url)), "..");
  var built = path.join(root, "dist", "cli", "main.js");
  var onSources = process.execArgv.indexOf(SOURCES) !== -1;
  if (!onSources && fs.existsSync(built)) {
    keepCompiledCode(process.cwd());
    return import(pathToFileURL(built).href);
  }
  keepCompiledCode(root);
  if (onSources) return import("../src/cli/main.ts");
  // A checkout: the sources run directly, under the condition that leads imports to them. Only a new process can have it.
  var args = [SOURCES, path.join(root, "src", "cli", "main.ts")].concat(process.argv.slice(2));
  if (process.platform !== "win32" && typeof process.execve === "function") {
    return process.execve(process.execPath, [process.execPath].concat(args), process.env);
  }
  var child = childProcess.spawnSync(process.execPath, args, { stdio: "inherit" });
  process.exitCode = child.status === null ? 1 : child.status;
}

if (isOldNode()) {
  var current = process.versions.node + " (" + process.execPath + ")";
  process.stderr.write("plinth needs Node " + NEEDED.join(".") + " or later, and this is " + current + ".\n");
  process.stderr.write("Install a newer one, from https://nodejs.org or with a version manager: nvm install " + NEEDED[0] + "\n");
  process.exitCode = 1;
} else {
  void start();
}
