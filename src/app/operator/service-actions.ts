import type { StandardSchemaV1 } from "@standard-schema/spec";
import { setting } from "../../config/mod.ts";
import type { Route } from "../../http/mod.ts";
import type { ServiceOrder } from "../service-actions.ts";
import type { ActionMaker } from "./action.ts";

type Input = Readonly<Record<string, unknown>>;

/** Whatever the service itself checks. */
const anyObject: StandardSchemaV1<unknown, Input> = {
  "~standard": {
    version: 1,
    vendor: "plinth",
    validate: (value) =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? { value: value as Input }
        : { issues: [{ message: "expected an object" }] },
  },
};

/**
 * The one action by which operators reach what services bring as `actions`: so that the app need not know which there are.
 *
 * @param act carries it out where the services are
 */
export function serviceActions(action: ActionMaker, act: (order: ServiceOrder) => Promise<object>): readonly Route[] {
  return [
    action({
      method: "POST",
      path: "/-/services",
      summary: "Has a service do what it lets operators do",
      input: { service: setting.text(), action: setting.text(), input: setting.schema(anyObject, { default: {} }) },
      run: ({ input: { service, action: name, input } }) => act({ service, action: name, input }),
    }),
  ];
}
