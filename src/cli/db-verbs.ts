import { type Command, InvalidArgumentError, Option } from "commander";
import { withSharedOptions } from "./options.ts";

type Print = (text: string) => Promise<void>;

/** What a verb needs comes when it is asked for: a program that starts waits for none of the others. */
const load = {
  migrations: () => import("./db-migrate.ts"),
  lint: () => import("./db-lint.ts"),
  make: () => import("./db-make.ts"),
  seed: () => import("./db-seed.ts"),
  types: () => import("./db-types.ts"),
};

/** Adds the verbs under `plinth db`. */
export function addDatabaseVerbs(program: Command, print: Print): void {
  const parent = program.command("db").description("migrate, seed and inspect the database that DATABASE_URL names");
  const verb = (usage: string, summary: string): Command =>
    withSharedOptions(parent.command(usage).description(summary)).option(
      "--migrations <folder>",
      "where the migrations are (default: migrations beside the app's module)",
    );
  const dryRun = (command: Command): Command => command.option("--dry-run", "print the SQL that would run, and run nothing");
  const report = async ({ ok, text }: { readonly ok: boolean; readonly text: string }): Promise<void> => {
    await print(text);
    if (!ok) process.exitCode = 1;
  };

  dryRun(verb("migrate [name]", "apply what is pending, in order; the name is for --resolve"))
    .option("--to <name>", "the last one to apply")
    .option("--allow-out-of-order", "apply those too that are older than the newest applied one")
    .addOption(
      new Option("--resolve <state>", "run nothing, and record what you say about the one named").choices([
        "applied",
        "rolled-back",
      ]),
    )
    .action(async (name: string | undefined, options) => print(await (await load.migrations()).migrateDatabase(name, options)));
  dryRun(verb("rollback", "undo the last migration, or more"))
    .addOption(new Option("--steps <number>", "so many").argParser(parseCount).conflicts(["to", "batch"]))
    .addOption(new Option("--to <name>", "all that were applied after this one").conflicts(["batch"]))
    .option("--batch", "all of the last run")
    .action(async (options) => print(await (await load.migrations()).rollbackDatabase(options)));
  verb("status", "every migration, and what became of it")
    .option("--json", "as JSON")
    .action(async (options) => print(await (await load.migrations()).databaseStatus(options)));
  verb("make <words...>", "write a new migration to begin with").action(async (words: readonly string[], options) =>
    print((await load.make()).makeMigration(words, options)),
  );
  verb("seed", "put in what a database begins with")
    .option("--seeds <folder>", "where the seeds are (default: seeds beside the app's module)")
    .option("--force", "in production too")
    .action(async (options) => print(await (await load.seed()).seedDatabase(options)));
  addInspectingVerbs(verb, print, report);
}

function addInspectingVerbs(
  verb: (usage: string, summary: string) => Command,
  print: Print,
  report: (result: { readonly ok: boolean; readonly text: string }) => Promise<void>,
): void {
  const typed = (command: Command): Command =>
    command.option("--types <file>", "the file of types (default: database-schema.ts beside the app's module)");
  typed(verb("types", "write the TypeScript types of its tables")).action(async (options) =>
    print(await (await load.types()).writeTypes(options)),
  );
  typed(verb("check", "whether database, migrations and types agree; exit code 1 when they do not")).action(async (options) =>
    report(await (await load.types()).checkDatabase(options)),
  );
  verb("lint", "what migrations would do to a database in use; exit code 1 when something is wrong")
    .addOption(new Option("--engine <engine>", "default: that of DATABASE_URL").choices(["postgres", "mysql", "sqlite"]))
    .option("--since <name>", "only what comes after this migration")
    .option("--json", "as JSON")
    .option("--strict", "warnings count as faults")
    .action(async (options) => report(await (await load.lint()).lintDatabase(options)));
}

function parseCount(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError("A whole number from 1.");
  return Number(text);
}
