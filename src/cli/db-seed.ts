import { loadSeeds, runSeeds } from "../db/mod.ts";
import { type DatabaseVerbOptions, besideApp, withDatabase } from "./db-context.ts";

export interface SeedVerbOptions extends DatabaseVerbOptions {
  /** Folder of the seeds. Default: `seeds` beside the app's module. */
  readonly seeds?: string;
  readonly force?: boolean;
}

/** `plinth db seed`: puts in what a database begins with. */
export async function seedDatabase(options: SeedVerbOptions): Promise<string> {
  const seeds = await loadSeeds(besideApp(options, options.seeds, "seeds"));
  const { force = false } = options;
  const done = await withDatabase(options, ({ database, environment, log }) =>
    runSeeds({ database, seeds, environment, force, log }),
  );
  return done.length === 0 ? "There are no seeds\n" : done.map((name) => `seeded ${name}\n`).join("");
}
