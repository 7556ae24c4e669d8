import { readFileSync } from "node:fs";
import { Command } from "commander";
import { isPlinthError } from "../core/mod.ts";
import { appCommands, runAppCommand } from "./app-command.ts";
import * as config from "./config.ts";
import { dev } from "./dev.ts";
import { errors } from "./errors.ts";
import { type SharedOptions, withSharedOptions } from "./options.ts";
import { listRoutes } from "./routes.ts";
import { start } from "./start.ts";

// The command `plinth`. Verbs write their result to standard output; what went wrong goes to standard error, with exit code 1.

const print = (text: string): void => void process.stdout.write(text);

function createProgram(): Command {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string };
  const program = new Command("plinth").description("Runs and inspects a Plinth app.").version(manifest.version);
  const verb = (usage: string, summary: string): Command => withSharedOptions(program.command(usage).description(summary));

  verb("start [module]", "run the app on all cores").action(async (module: string | undefined, options: SharedOptions) => {
    process.exit(await start(module, options));
  });
  verb("dev [module]", "run the app and start it again when a file changes").action(
    async (module: string | undefined, _options: SharedOptions, command: Command) => {
      const words = command.parent?.args ?? [];
      process.exit(await dev(module, words.slice(words.indexOf("dev") + 1 + (module === undefined ? 0 : 1))));
    },
  );
  verb("routes", "list every route with its policies")
    .option("--json", "as JSON")
    .action(async (options) => print(await listRoutes(options)));

  const configuration = program.command("config").description("explain, check or document the configuration");
  withSharedOptions(configuration.command("explain").description("every value and where it comes from, secrets masked"))
    .option("--json", "as JSON")
    .action(async (options) => print(await config.explain(options)));
  withSharedOptions(configuration.command("check").description("whether the app would start with this configuration")).action(
    async (options: SharedOptions) => {
      const { ok, text } = await config.check(options);
      print(text);
      if (!ok) process.exitCode = 1;
    },
  );
  withSharedOptions(configuration.command("example").description("a documented example of every setting"))
    .option("--format <format>", "env, json-schema or markdown", "env")
    .action(async (options) => print(await config.example(options)));
  return program;
}

/** Adds the app's own verbs. Without an app there are none, and only a verb that nobody knows makes that an error. */
async function addAppVerbs(program: Command, wanted: string | undefined): Promise<void> {
  const known = program.commands.map((command) => command.name());
  if (wanted !== undefined && known.includes(wanted)) return;
  const asked = wanted === undefined || wanted === "help" || wanted.startsWith("-");
  const commands = await appCommands({}).catch((thrown: unknown) => {
    if (asked) return [];
    throw thrown;
  });
  for (const command of commands) {
    withSharedOptions(program.command(`${command.name} ${command.usage ?? ""}`.trim()).description(command.summary)).action(
      async (...parameters: readonly unknown[]) => {
        const words = parameters.filter((parameter): parameter is string => typeof parameter === "string");
        print(await runAppCommand(command, words, parameters.at(-2) as SharedOptions));
      },
    );
  }
  const all = [...known, ...commands.map((command) => command.name)];
  if (!asked && !all.includes(wanted)) throw errors.VERB_UNKNOWN({ verb: wanted, known: all });
}

try {
  const program = createProgram();
  await addAppVerbs(program, process.argv[2]);
  await program.parseAsync();
} catch (thrown) {
  process.stderr.write(`${describe(thrown)}\n`);
  process.exit(1);
}

/** What Plinth foresaw is said in a sentence and its faults; anything else with its stack, because it is a defect. */
function describe(thrown: unknown): string {
  if (!isPlinthError(thrown)) return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  const faults = (thrown.faults ?? []).map((fault) => `  ${fault.in} ${fault.pointer} ${fault.detail}`);
  const listed = faults.length > 0 && !thrown.message.includes("\n") ? `\n${faults.join("\n")}` : "";
  return `${thrown.code}: ${thrown.message}${listed}`;
}
