import type { DatabaseDialect } from "../contract.ts";
import type { AnyKysely, MigrationDatabase } from "../migrate/migration.ts";
import { readMysqlTables } from "./mysql-tables.ts";
import { readPostgresTables } from "./postgres-tables.ts";
import { readSqliteTables } from "./sqlite-tables.ts";
import type { ColumnModel, TableModel } from "./table-model.ts";

const READERS: Readonly<Record<DatabaseDialect, (db: AnyKysely) => Promise<readonly TableModel[]>>> = {
  sqlite: readSqliteTables,
  postgres: readPostgresTables,
  mysql: readMysqlTables,
};

const HEADER = `// Written by \`plinth db types\` from the database. Do not edit it: \`plinth db check\` compares.
// Whole numbers beyond 2^53 are read as strings, whatever the type says.
`;

/**
 * The TypeScript types of a database's tables and views, as the text of a module that exports `Schema`. The same database gives the same text,
 * whatever the order in which it was built. Plinth's own tables are left out.
 *
 * @param source what the module imports Kysely's types from; default `plinth/db`
 */
export async function generateSchema(database: MigrationDatabase, source: string = "plinth/db"): Promise<string> {
  const tables = await READERS[database.dialect](database.query.withoutPlugins());
  return formatSchema(tables, source);
}

/** Pure: the module's text. */
export function formatSchema(tables: readonly TableModel[], source: string): string {
  const body = byName(tables).map(formatTable).join("");
  const used = ["ColumnType", "Generated", "GeneratedAlways"].filter((name) => body.includes(`${name}<`));
  const imports = used.length === 0 ? "" : `import type { ${used.join(", ")} } from ${JSON.stringify(source)};\n`;
  return `${HEADER}${imports}\nexport interface Schema {\n${body}}\n`;
}

function formatTable({ name, isView, columns }: TableModel): string {
  const lines = byName(columns).map((column) => `    ${property(column.name)}: ${formatColumn(column, isView)};\n`);
  return `  ${property(name)}: {\n${lines.join("")}  };\n`;
}

function formatColumn({ types, nullable, generated }: ColumnModel, isView: boolean): string {
  const orNull = (type: string): string => (nullable ? `${type} | null` : type);
  const select = orNull(types.select);
  const write = orNull(types.write ?? types.select);
  if (isView) return `ColumnType<${select}, never, never>`;
  if (generated === "always") return `GeneratedAlways<${select}>`;
  if (generated === "default")
    return select === write ? `Generated<${select}>` : `ColumnType<${select}, ${write} | undefined, ${write}>`;
  if (select === write) return select;
  // Kysely lets a column that may be null be left out only when the type of what is inserted has `undefined`.
  return nullable ? `ColumnType<${select}, ${write} | undefined, ${write}>` : `ColumnType<${select}, ${write}, ${write}>`;
}

const property = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));

function byName<Named extends { readonly name: string }>(list: readonly Named[]): readonly Named[] {
  return list.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
