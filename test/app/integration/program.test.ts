import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { type Program, type ProgramOptions, createProgram } from "#src/app/program";
import { probePort } from "#src/app/port-probe";
import { beginThreads } from "#src/app/threads/thread-pool";
import { HttpServer } from "#src/http/mod";
import { createMemorySink } from "#src/log/mod";

const url = (name: string): string => new URL(`../../support/apps/${name}.ts`, import.meta.url).href;

function optionsFor(app: string, env: Readonly<Record<string, string>> = {}) {
  const sink = createMemorySink();
  const options: ProgramOptions = {
    appUrl: url(app),
    env: { APP_ENV: "test", HOST: "127.0.0.1", PORT: "0", ADMIN_PORT: "0", HTTP_THREADS: "1", ...env },
    folder: "/nonexistent",
    sink,
  };
  return { sink, options };
}

async function startProgram(options: ProgramOptions): Promise<Program> {
  const program = await createProgram(options, beginThreads(options));
  await program.start();
  return program;
}

describe("program", () => {
  test("tells its addresses, serves under them, and stops once however often it is told to", async () => {
    const { sink, options } = optionsFor("busy");
    const program = await startProgram(options);
    assert.equal(program.app.name, "busy");
    assert.equal((await fetch(`${program.publicUrl}/thread`)).status, 200);
    assert.equal((await fetch(`${program.adminUrl}/readyz`)).status, 200);
    assert.deepEqual(program.hopeless(), []);
    const [one, two] = await Promise.all([program.stop("test"), program.stop("test again")]);
    assert.deepEqual([one, two], [true, true]);
    assert.deepEqual(
      sink
        .entries()
        .filter((entry) => entry["thread"] === undefined)
        .map((entry) => entry["message"]),
      ["ready", "stopping", "stopped"],
    );
    await assert.rejects(fetch(`${program.adminUrl}/livez`));
  });

  test("has no public address where it is for jobs only", async () => {
    const { options } = optionsFor("busy", { ROLE: "jobs" });
    const program = await startProgram(options);
    assert.equal(program.publicUrl, undefined);
    assert.equal((await fetch(`${program.adminUrl}/livez`)).status, 200);
    assert.equal(await program.stop("test"), true);
  });

  test("says how many threads serve, not how many were wished for: a Unix socket has one", async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "plinth-program-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const { sink, options } = optionsFor("busy", { HOST: `unix:${join(folder, "app.sock")}`, HTTP_THREADS: "2" });
    const program = await startProgram(options);
    assert.equal(sink.entries().find((entry) => entry["message"] === "ready")?.["httpThreads"], 1);
    assert.equal(await program.stop("test"), true);
  });

  for (const threads of ["0", "1"]) {
    test(`lets go of its ports when its app does not start, with ${threads} threads`, async () => {
      const port = await probePort({ host: "127.0.0.1", port: 0, what: "The test" });
      const { options } = optionsFor("bad-routes", { ADMIN_PORT: String(port), HTTP_THREADS: threads });
      await assert.rejects(startProgram(options), { code: "E_HTTP_ROUTES_INVALID" });
      assert.equal(await probePort({ host: "127.0.0.1", port, what: "The test" }), port);
    });
  }

  for (const threads of ["0", "1"]) {
    test(`refuses one port for both servers, with ${threads} threads`, async () => {
      const port = String(await probePort({ host: "127.0.0.1", port: 0, what: "The test" }));
      const { options } = optionsFor("busy", { PORT: port, ADMIN_PORT: port, HTTP_THREADS: threads });
      await assert.rejects(startProgram(options), { code: "E_APP_PORT_IN_USE", message: /^The public server cannot listen/ });
    });
  }

  test("ends its threads when the admin server cannot listen", async (t) => {
    const port = await probePort({ host: "127.0.0.1", port: 0, what: "The test" });
    // Only the admin server listens on this thread.
    const taken = Object.assign(new Error("taken in the meantime"), { code: "EADDRINUSE" });
    t.mock.method(HttpServer.prototype, "listen", () => Promise.reject(taken));
    const { options } = optionsFor("busy", { PORT: String(port) });
    await assert.rejects(startProgram(options), { code: "E_APP_PORT_IN_USE", message: /^The admin server cannot listen/ });
    await assert.rejects(fetch(`http://127.0.0.1:${port}/thread`));
  });
});
