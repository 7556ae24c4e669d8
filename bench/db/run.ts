// What the database room costs over the bare driver, and over Kysely with its statements cached.
import { type MicroCase, type MicroTarget, compareMicro } from "../harness/micro.ts";
import type { BenchmarkOptions } from "../main.ts";

const ENGINES = ["sqlite", "postgres", "mysql"] as const;
const DRIVERS: Readonly<Record<(typeof ENGINES)[number], readonly [title: string, packages: readonly string[]]>> = {
  sqlite: ["`node:sqlite`", []],
  postgres: ["the bare driver", ["pg"]],
  mysql: ["the bare driver", ["mysql2"]],
};
const OPERATIONS = { read: "point read", insert: "insert", transaction: "transaction of a read and an update" } as const;
const SIZES = [100, 10_000, 1_000_000];

const sides: MicroCase[] = ENGINES.flatMap((engine) =>
  Object.entries(OPERATIONS).map(([operation, title]) => {
    const [driver, packages] = DRIVERS[engine];
    return {
      name: `${operation}/${engine}`,
      title: `${title}, ${engine === "mysql" ? "MariaDB" : engine === "postgres" ? "PostgreSQL" : "SQLite"}`,
      contenders: [
        { name: "driver", title: driver, packages },
        { name: "kysely", title: "Kysely, statements cached", packages: ["kysely"] },
        { name: "plinth", title: "**Plinth**" },
      ],
    };
  }),
);
const growth: MicroCase = {
  name: "growth",
  title: "point read among so many rows, SQLite",
  contenders: SIZES.map((size) => ({ name: String(size), title: `${size} rows` })),
};

const targets: MicroTarget[] = [
  ...ENGINES.map((engine) => ({ case: `read/${engine}`, of: "plinth", to: "kysely", most: 1.15 })),
  { case: "read/postgres", of: "plinth", to: "driver", most: 1.3 },
];

/** @returns whether every asserted target holds */
export function run(options: BenchmarkOptions): Promise<boolean> {
  const subjects = new URL("./subjects.ts", import.meta.url);
  return compareMicro({ name: "db", subjects, cases: [...sides, growth], targets }, options);
}
