import type * as Ajv from "ajv/dist/2020.js";
import type * as FastCheck from "fast-check";
import { errors } from "../errors.ts";

/** fast-check, loaded when it is used. @throws E_TESTING_PACKAGE_MISSING */
export function loadFastCheck(): Promise<typeof FastCheck> {
  return import("fast-check").catch((cause: unknown) => {
    throw errors.PACKAGE_MISSING({ package: "fast-check" }, { cause });
  });
}

/** ajv, loaded when it is used. @throws E_TESTING_PACKAGE_MISSING */
export function loadAjv(): Promise<typeof Ajv> {
  return import("ajv/dist/2020.js").catch((cause: unknown) => {
    throw errors.PACKAGE_MISSING({ package: "ajv" }, { cause });
  });
}
