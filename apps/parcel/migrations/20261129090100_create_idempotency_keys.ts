import type { Kysely, MigrationContext, MigrationSchema } from "plinth/db";
import { idempotencyTable } from "plinth/idempotency";

const table = idempotencyTable();

export const up = (db: Kysely<MigrationSchema>, context: MigrationContext): Promise<void> => table.up(db, context);
export const down = (db: Kysely<MigrationSchema>): Promise<void> => table.down(db);
