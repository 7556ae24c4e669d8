/** `transfer-process.ts <url> <seconds>`: transfers money until the time is over, and reports what was done. */
import { createDatabase } from "#src/db/mod";
import { type AccountSchema, transfer } from "./accounts.ts";

const [url = "", seconds = "1"] = process.argv.slice(2);
const db = createDatabase<AccountSchema>({ url });
const end = performance.now() + Number(seconds) * 1_000;
let done = 0;
const worker = async (): Promise<void> => {
  while (performance.now() < end) {
    await transfer(db);
    done += 1;
  }
};
process.send?.("begun");
await Promise.all([worker(), worker(), worker(), worker()]);
process.send?.({ done });
process.disconnect?.();
