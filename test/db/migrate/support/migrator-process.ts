import { loadMigrations } from "#src/db/migrate/load-migrations";
import { migrate } from "#src/db/migrate/migrate";
import { openClient } from "./databases.ts";

// A migrator as a process of its own: `migrator-process.ts <url> <folder>`. Prints the names of what it applied.

const [url, folder] = process.argv.slice(2) as [string, string];
// SQLite has no socket that would keep the process alive while it waits for the lock.
const alive = setInterval(() => undefined, 1_000);
await using database = openClient(url);
const { done } = await migrate({ database, migrations: await loadMigrations(folder) });
clearInterval(alive);
console.log(JSON.stringify(done));
