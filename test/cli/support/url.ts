import { fileURLToPath } from "node:url";

/** Path of an app among the tests' own. */
export const SHOP: string = fileURLToPath(new URL("../../support/apps/shop.ts", import.meta.url));
