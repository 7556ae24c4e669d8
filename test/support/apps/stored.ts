import { defineApp } from "#src/app/mod";
import { createDatabase } from "#src/db/mod";

/** An app with a database that opens when it starts, and that nobody asks anything. */
export default defineApp({
  name: "stored",
  services: () => ({ db: createDatabase({ url: "sqlite::memory:", name: "stored" }) }),
});
