import { fileURLToPath } from "node:url";

/** Paths of apps among the tests' own. */
export const SHOP: string = fileURLToPath(new URL("../../support/apps/shop.ts", import.meta.url));
export const KITCHEN: string = fileURLToPath(new URL("../../support/apps/kitchen.ts", import.meta.url));
