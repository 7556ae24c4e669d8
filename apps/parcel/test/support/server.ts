import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { type TestServer, type TestServerOptions, startServer } from "plinth/testing";
import { Caller, type TestData, authorizationOf } from "./parcel.ts";

/** The real server over a folder that outlives it. It refuses nobody for lack of time: on a busy machine any request could be the one. */
export function serveParcel(data: TestData, options: Omit<TestServerOptions, "app"> = {}): Promise<TestServer> {
  return startServer({
    threads: 2,
    ...options,
    app: new URL("../../app.ts", import.meta.url),
    env: { LOAD_SHEDDING: "false", ...data.env, ...options.env },
  });
}

/** Somebody who reaches a server over the network. */
export async function callerOf(server: TestServer, subject: string): Promise<Caller> {
  return new Caller((path, init) => fetch(new URL(path, server.url), init), await authorizationOf(subject));
}

/** The process that serves a folder: the one that was given its path. Linux only. */
export function processOf(data: TestData): number {
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      if (readFileSync(`/proc/${name}/environ`, "utf8").includes(data.env["STORAGE_URL"] as string)) return Number(name);
    } catch {
      // it has ended, or is somebody else's
    }
  }
  throw new Error(`no process serves ${data.path}`);
}

/** Kilobytes that a process has in memory, and the most that it had since it was last asked to forget. */
export function memoryOf(pid: number): { readonly now: number; readonly most: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]);
  return { now: field("VmRSS"), most: field("VmHWM") };
}

/** Makes the most be what it is now (proc(5), clear_refs). */
export function forgetMost(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
}
