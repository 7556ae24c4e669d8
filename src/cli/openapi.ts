import { readFile, writeFile } from "node:fs/promises";
import { compareApp, describeApp, loadApp, loadSettings } from "../app/mod.ts";
import { toError } from "../core/mod.ts";
import { errors } from "./errors.ts";
import { type SharedOptions, toProgramOptions } from "./options.ts";

/** `plinth openapi`: the app's document, the same text for the same routes. What it cannot say goes to standard error. */
export async function printDocument(options: SharedOptions & { readonly output?: string }): Promise<string> {
  const programOptions = toProgramOptions(options);
  const app = await loadApp(programOptions.appUrl);
  const { document, warnings } = await describeApp(app, await loadSettings(app, programOptions));
  for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`);
  const text = `${JSON.stringify(document, null, 2)}\n`;
  if (options.output === undefined) return text;
  await writeFile(options.output, text);
  return "";
}

type Changes = Awaited<ReturnType<typeof compareApp>>;

/**
 * `plinth openapi diff`: what changed since a document was saved, in sentences, breaking changes first.
 *
 * @throws E_CLI_DOCUMENT_UNREADABLE
 */
export async function diffDocument(
  path: string,
  options: SharedOptions,
): Promise<{ readonly ok: boolean; readonly text: string }> {
  const earlier = await readDocument(path);
  const programOptions = toProgramOptions(options);
  const app = await loadApp(programOptions.appUrl);
  const changes = await compareApp(app, await loadSettings(app, programOptions), earlier);
  const breaking = changes.filter((change) => change.breaking);
  if (changes.length === 0) return { ok: true, text: "Nothing changed.\n" };
  return {
    ok: breaking.length === 0,
    text: `${section("Breaking", breaking)}${section(
      "Not breaking",
      changes.filter((change) => !change.breaking),
    )}`,
  };
}

async function readDocument(path: string): Promise<object> {
  try {
    const document: unknown = JSON.parse(await readFile(path, "utf8"));
    const { openapi, paths, components } = document as Record<string, unknown>;
    if (typeof openapi === "string" && openapi.startsWith("3.1") && isObject(paths) && isObject(components))
      return document as object;
  } catch (cause) {
    throw errors.DOCUMENT_UNREADABLE({ path, reason: toError(cause).message }, { cause });
  }
  throw errors.DOCUMENT_UNREADABLE({ path, reason: "it is no OpenAPI 3.1 document" });
}

const isObject = (value: unknown): boolean => typeof value === "object" && value !== null;

function section(title: string, changes: Changes): string {
  if (changes.length === 0) return "";
  return `${title}:\n${changes.map(({ operation, text }) => `  ${operation}: ${text}\n`).join("")}`;
}
