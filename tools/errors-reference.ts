/**
 * Prints every room's error catalogue into docs/reference/errors.md. Without `--write` the page must be current. A code listed in
 * docs/reference/retired-errors.md may not appear in a catalogue again.
 */
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

interface Entry {
  readonly code: string;
  readonly status: number | undefined;
  readonly title: string;
  readonly message: string;
}

interface Factory {
  (details: unknown): Error;
  readonly code: string;
  readonly status: number | undefined;
  readonly title: string;
}

const PAGE = "docs/reference/errors.md";
const RETIRED = "docs/reference/retired-errors.md";

/**
 * Stands for a value in a message, whatever the message takes it for: a text, a number, a list of such, or an object of such. A method gives
 * the same value again, but `map` and `join` do what they do on a list of one.
 */
function placeholder(name: string): object {
  const text = `‹${name}›`;
  const self: object = new Proxy([], {
    get(_, key): unknown {
      if (key === Symbol.iterator) return () => [self].values();
      if (key === Symbol.toPrimitive || key === "toString" || key === "toJSON" || key === "join") return () => text;
      if (key === "length") return 1;
      if (key === "map" || key === "flatMap") return (call: (value: object, index: number) => unknown) => [call(self, 0)];
      if (typeof key === "symbol") return undefined;
      const isMethod = [String.prototype, Array.prototype, Number.prototype].some((prototype) => key in prototype);
      return isMethod ? () => self : placeholder(`${name}.${key}`);
    },
  });
  return self;
}

const details = new Proxy({}, { get: (_, key) => placeholder(String(key)) });

async function loadRoom(root: string, file: string): Promise<Entry[]> {
  const { errors } = (await import(pathToFileURL(join(root, file)).href)) as {
    readonly errors: Readonly<Record<string, Factory>>;
  };
  return Object.values(errors).map((factory) => {
    const { code, status, title } = factory;
    return { code, status, title, message: factory(details).message };
  });
}

const cell = (text: string): string =>
  text
    .replaceAll("|", String.raw`\|`)
    .replaceAll("<", "&lt;")
    .replaceAll(/\s+/g, " ");

function printRoom(room: string, entries: readonly Entry[]): string {
  const rows = entries
    .toSorted((a, b) => (a.code < b.code ? -1 : 1))
    .map(({ code, status, title, message }) => `| \`${code}\` | ${status ?? ""} | ${cell(title)} | ${cell(message)} |`);
  return [`## ${room}`, "", "| code | status | title | message |", "| --- | --- | --- | --- |", ...rows, ""].join("\n");
}

const INTRODUCTION = `# Errors

Every error that Plinth raises on purpose has a stable code. One with a status is answered to callers as a problem (RFC 9457) with that status, title and
message; one without is answered as 500, and only the log has its message. Values are shown as ‹name›. Codes that are no longer in use are listed in
[retired errors](retired-errors.md) and never used again.

This page is printed from the rooms' \`errors.ts\` by \`npm run docs\`.
`;

/** Checks the catalogues of the tree at `root` and its page; with `write` the page is printed anew. Returns what is wrong. */
export async function checkErrors(root: string, write: boolean): Promise<string[]> {
  const faults: string[] = [];
  const sections: string[] = [];
  const retired = existsSync(join(root, RETIRED)) ? readFileSync(join(root, RETIRED), "utf8") : "";
  for (const file of globSync("src/*/errors.ts", { cwd: root }).sort()) {
    const room = file.split(/[/\\]/)[1] as string;
    const entries = await loadRoom(root, file);
    sections.push(printRoom(room, entries));
    for (const { code } of entries) {
      if (!code.startsWith(`E_${room.toUpperCase()}_`)) faults.push(`${file} ${code}: a code begins with its room's name.`);
      if (retired.includes(`\`${code}\``)) faults.push(`${file} ${code}: this code is retired (${RETIRED}). Choose another.`);
    }
  }
  const page = [INTRODUCTION, ...sections].join("\n");
  const path = join(root, PAGE);
  if ((existsSync(path) ? readFileSync(path, "utf8") : "") === page) return faults;
  if (!write) return [...faults, `${PAGE} is out of date. Run \`npm run docs\`.`];
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, page);
  return faults;
}
