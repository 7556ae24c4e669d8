import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Browser, type Page, chromium } from "playwright-core";
import { HttpServer, type Route, createRequestHandler, documentRoutes, route, routes } from "#src/http/mod";
import { createLogger, createMemorySink } from "#src/log/mod";
import * as z from "zod";
import { requireBinary } from "../../support/services.ts";

const browserProgram = requireBinary("chromium");
const ATTACK = `<img src=x onerror="window.attacked = true"><script>window.attacked = true</script>`;

/** A route that says this of itself everywhere. */
const saying = (text: string): readonly Route[] =>
  routes(
    route.get(
      "/things/:id",
      {
        auth: "public",
        summary: text,
        description: `${text} [link](javascript:window.attacked=true)`,
        tags: [text],
        params: z.object({ id: z.string().describe(text) }),
        reply: z.object({ id: z.string().describe(text) }).meta({ id: "Thing" }),
      },
      ({ params }) => ({ id: params.id }),
    ),
  );

/** What a browser did while it had a page open. */
interface Visit {
  readonly page: Page;
  /** Errors of scripts and of the policy. */
  readonly complaints: string[];
  readonly hosts: Set<string>;
}

interface Site extends AsyncDisposable {
  readonly url: string;
  visit(path: string): Promise<Visit>;
}

async function openSite({ text, interactive }: { readonly text: string; readonly interactive: boolean }): Promise<Site> {
  const declared = saying(text);
  const log = createLogger({ sink: createMemorySink(), level: "silent" });
  const documents = documentRoutes({ routes: declared, title: text, version: "1", log, interactive });
  const server = new HttpServer({ handler: await createRequestHandler({ routes: [...declared, ...documents], log }) });
  const { port } = await server.listen({ host: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${port}`;
  const browser: Browser = await chromium.launch({ executablePath: browserProgram.path as string, args: ["--no-sandbox"] });
  return {
    url,
    async visit(path) {
      const page = await browser.newPage();
      const visit: Visit = { page, complaints: [], hosts: new Set() };
      page.on("console", (message) => {
        if (message.type() === "error") visit.complaints.push(message.text());
      });
      page.on("pageerror", (error) => visit.complaints.push(error.message));
      page.on("request", (request) => {
        if (!request.url().startsWith("data:")) visit.hosts.add(new URL(request.url()).origin);
      });
      await page.goto(`${url}${path}`);
      return visit;
    },
    async [Symbol.asyncDispose]() {
      await browser.close();
      await server.drain(0);
    },
  };
}

const attacked = (page: Page): Promise<unknown> => page.evaluate("window.attacked");

describe("/docs in a browser", { skip: browserProgram.skip }, () => {
  test("shows the operations, sends a request from the page, and asks no other host", async () => {
    await using site = await openSite({ text: "plain words", interactive: true });
    const { page, complaints, hosts } = await site.visit("/docs");
    const operation = page.locator(".opblock");
    await operation.locator(".opblock-summary-control").click();
    await page.getByRole("button", { name: "Try it out" }).click();
    await page.getByPlaceholder("id").fill("seven");
    await page.getByRole("button", { name: "Execute", exact: true }).click();
    await page.locator(".live-responses-table .response-col_status", { hasText: "200" }).waitFor();
    assert.match(await page.locator(".live-responses-table").innerText(), /"id": "seven"/);
    assert.deepEqual([...hosts], [site.url]);
    assert.deepEqual(complaints, []);
  });

  test("runs no script that a declared text brings (lesson: GHSA-9r54-q6cx-xmh5)", async () => {
    await using site = await openSite({ text: ATTACK, interactive: true });
    const { page, hosts } = await site.visit("/docs");
    await page.locator(".opblock .opblock-summary-control").click();
    await page.getByRole("button", { name: "Try it out" }).waitFor();
    assert.equal(await attacked(page), undefined);
    assert.deepEqual([...hosts], [site.url]);
  });

  test("is readable without scripts, too", async () => {
    await using site = await openSite({ text: ATTACK, interactive: false });
    const { page, complaints, hosts } = await site.visit("/docs");
    assert.equal(await page.locator("h3").innerText(), "GET /things/{id}");
    assert.equal(await page.locator("h1").innerText(), ATTACK);
    assert.equal(await attacked(page), undefined);
    assert.deepEqual([...hosts], [site.url]);
    assert.deepEqual(
      complaints.filter((text) => !text.includes("404")),
      [],
    );
  });
});
