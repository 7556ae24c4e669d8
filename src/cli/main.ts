import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Command, Option } from "commander";
import { isPlinthError } from "../core/mod.ts";
import { addAdminVerbs } from "./admin-verbs.ts";
import { addDatabaseVerbs } from "./db-verbs.ts";
import { describeError } from "./describe-error.ts";
import { errors } from "./errors.ts";
import { type SharedOptions, withSharedOptions } from "./options.ts";

// The command `plinth`. Verbs write their result to standard output; what went wrong goes to standard error, with exit code 1.

/** What a verb needs comes when it is asked for: a program that starts waits for none of the others. */
const load = {
  appCommand: () => import("./app-command.ts"),
  config: () => import("./config.ts"),
  dev: () => import("./dev.ts"),
  doctor: () => import("./doctor/doctor.ts"),
  openapi: () => import("./openapi.ts"),
  routes: () => import("./routes.ts"),
  start: () => import("./start.ts"),
};

/** Resolves when the text is out, or its reader has seen enough: a closed pipe, as `head` leaves it, is no fault. */
function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => {
      if (error === null || error === undefined || (error as NodeJS.ErrnoException).code === "EPIPE") resolve();
      else reject(error);
    });
  });
}

function createProgram(): Command {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string };
  const program = new Command("plinth").description("Runs and inspects a Plinth app.").version(manifest.version);
  const verb = (usage: string, summary: string): Command => withSharedOptions(program.command(usage).description(summary));

  verb("start [module]", "run the app on all cores").action(async (module: string | undefined, options: SharedOptions) => {
    const { start } = await load.start();
    process.exit(await start(module, options));
  });
  verb("dev [module]", "run the app and start it again when a file changes").action(
    async (_module: string | undefined, _options: SharedOptions, command: Command) => {
      const { dev } = await load.dev();
      process.exit(await dev((command.parent?.args ?? []).slice(1)));
    },
  );
  verb("routes", "list every route with its policies")
    .option("--json", "as JSON")
    .action(async (options) => print(await (await load.routes()).listRoutes(options)));

  verb("doctor", "what is wrong, or will be, with how the app is set up; exit code 1 when something is")
    .option("--json", "as JSON")
    .option("--strict", "warnings count as faults")
    .action(async (options) => {
      const { doctor } = await load.doctor();
      const { ok, text } = await doctor(options);
      await print(text);
      if (!ok) process.exitCode = 1;
    });

  const openapi = verb("openapi", "print the app's OpenAPI document")
    .option("--output <file>", "write it to a file instead")
    .action(async (options) => print(await (await load.openapi()).printDocument(options)));
  withSharedOptions(
    openapi.command("diff <saved>").description("what changed since a document was saved; exits with 1 when it breaks callers"),
  ).action(async (saved: string, _options: SharedOptions, command: Command) => {
    const { diffDocument } = await load.openapi();
    const { ok, text } = await diffDocument(saved, command.optsWithGlobals());
    await print(text);
    if (!ok) process.exitCode = 1;
  });

  const configuration = program.command("config").description("explain, check, document or reload the configuration");
  withSharedOptions(configuration.command("explain").description("every value and where it comes from, secrets masked"))
    .option("--json", "as JSON")
    .action(async (options) => print(await (await load.config()).explain(options)));
  withSharedOptions(configuration.command("check").description("whether the app would start with this configuration")).action(
    async (options: SharedOptions) => {
      const config = await load.config();
      const { ok, text } = await config.check(options);
      await print(text);
      if (!ok) process.exitCode = 1;
    },
  );
  withSharedOptions(configuration.command("example").description("a documented example of every setting"))
    .addOption(new Option("--format <format>").choices(["env", "json-schema", "markdown"]).default("env"))
    .action(async (options) => print(await (await load.config()).example(options)));
  addAdminVerbs(program, print);
  addDatabaseVerbs(program, print);
  return program;
}

/** Adds the app's own verbs. Without an app there are none, and only a verb that nobody knows makes that an error. */
async function addAppVerbs(program: Command, words: readonly string[]): Promise<void> {
  const [wanted] = words;
  const known = program.commands.map((command) => command.name());
  if (wanted !== undefined && known.includes(wanted)) return;
  const asked = wanted === undefined || wanted === "help" || wanted.startsWith("-");
  // Which verbs there are decides how the rest is parsed, so the app is looked for first.
  const { app } = parseArgs({ args: [...words], strict: false, options: { app: { type: "string" } } }).values;
  let appFound = true;
  const { appCommands, runAppCommand } = await load.appCommand();
  const commands = await appCommands(typeof app === "string" ? { app } : {}).catch((thrown: unknown) => {
    appFound = !isPlinthError(thrown, errors.APP_UNKNOWN.code);
    if (asked || !appFound) return [];
    throw thrown;
  });
  for (const command of commands) {
    withSharedOptions(program.command(`${command.name} ${command.usage ?? ""}`.trim()).description(command.summary)).action(
      async (...parameters: readonly unknown[]) => {
        const { args } = parameters.at(-1) as Command;
        await print(await runAppCommand(command, args, parameters.at(-2) as SharedOptions));
      },
    );
  }
  const all = [...known, ...commands.map((command) => command.name)];
  if (!asked && !all.includes(wanted)) throw errors.VERB_UNKNOWN({ verb: wanted, known: all, appFound });
}

process.stdout.on("error", () => undefined); // whoever prints is told
process.stderr.on("error", () => undefined); // nobody is left to tell
try {
  const program = createProgram();
  await addAppVerbs(program, process.argv.slice(2));
  await program.parseAsync();
  process.exit(); // whatever the app's module may have left open
} catch (thrown) {
  process.stderr.write(`${describeError(thrown)}\n`);
  process.exit(1);
}
