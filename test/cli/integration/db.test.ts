import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { describe, test } from "node:test";
import { type CommandOutcome, runCommand } from "../support/command.ts";
import { FIRST, makeDatabaseHome } from "../support/database-home.ts";
import type { Home } from "../support/home.ts";

const KEY = "wB3vT9qXm2Lk8RzYp5HsJd7NcF4gVa6E";

interface Place extends Home {
  plinth(...words: readonly string[]): Promise<CommandOutcome>;
}

/** An app with two migrations, and the command line in its folder. */
function makePlace(env: Readonly<Record<string, string>> = {}): Place {
  const home = makeDatabaseHome();
  return { ...home, plinth: (...words) => runCommand(words, { folder: home.folder, env }) };
}

/** What it printed, once it has done what it should. */
function printed({ code, stdout, stderr }: CommandOutcome): string {
  assert.equal(code, 0, stderr);
  return stdout;
}

/** What it said on standard error, once it has refused. */
function refusal({ code, stdout, stderr }: CommandOutcome): string {
  assert.deepEqual([code, stdout], [1, ""]);
  assert.doesNotMatch(stderr, /^ +at /m);
  return stderr;
}

describe("plinth db", () => {
  test("refuses half a resolution, a wrong state, and steps that are no number", async () => {
    using place = makePlace();
    assert.match(refusal(await place.plinth("db", "migrate", FIRST)), /^E_CLI_RESOLUTION_INCOMPLETE/);
    assert.match(refusal(await place.plinth("db", "migrate", "--resolve", "done", FIRST)), /applied, rolled-back/);
    assert.match(refusal(await place.plinth("db", "rollback", "--steps", "0")), /whole number from 1/);
  });

  test("makes a migration that runs as it is, and can be rolled back", async () => {
    using place = makePlace();
    const path = printed(await place.plinth("db", "make", "createExamples", "now")).trim();
    assert.match(path, /^migrations\/\d{14}_create_examples_now\.ts$/);
    assert.match(printed(await place.plinth("db", "migrate")), /applied \d+_create_examples_now\n$/);
    assert.match(printed(await place.plinth("db", "rollback")), /^rolled back \d+_create_examples_now\n$/);
    assert.equal(readdirSync(place.path("migrations")).length, 3);
  });

  test("seeds in the order of names, again and again, but not in production unless forced", async () => {
    using place = makePlace({ APP_KEY: KEY });
    const seed = (id: number): string => `
      import { type Kysely, sql } from "plinth/db";
      export const seed = (db: Kysely<unknown>) =>
        sql\`insert into files (id, name) values (\${${id}}, 'seeded') on conflict do nothing\`.execute(db);`;
    place.write("seeds/20_second.ts", seed(2));
    place.write("seeds/10_first.ts", seed(1));
    printed(await place.plinth("db", "migrate"));
    assert.equal(printed(await place.plinth("db", "seed")), "seeded 10_first\nseeded 20_second\n");
    assert.match(refusal(await place.plinth("db", "seed", "--env", "production")), /^E_DB_SEED_REFUSED: .*--force/);
    assert.equal((await place.plinth("db", "seed", "--env", "production", "--force")).code, 0);
    place.write("seeds/30_third.ts", "export const seed = () => { throw new Error('no such luck'); };");
    assert.match(refusal(await place.plinth("db", "seed")), /E_DB_SEED_FAILED: The seed 30_third failed.*no such luck/);
  });

  test("says in a sentence when there is no folder, or no server, and shows no password", async () => {
    using place = makePlace({ DATABASE_URL: "postgres://nobody:hunter2@127.0.0.1:1/nowhere" });
    const missing = refusal(await place.plinth("db", "status", "--migrations", "elsewhere"));
    assert.match(missing, /^E_DB_MIGRATIONS_UNREADABLE: .*elsewhere/);
    const unreachable = refusal(await place.plinth("db", "migrate"));
    assert.match(unreachable, /^E_DB_UNAVAILABLE/);
    assert.doesNotMatch(unreachable, /hunter2/);
  });
});
