import type { ValuesOf } from "../../config/mod.ts";
import { type AuthRule, type Route, route } from "../../http/mod.ts";
import type { Logger } from "../../log/contract.ts";
import { type ActionInput, inputSchema } from "./action-input.ts";
import type { Operator } from "./operator-token.ts";

/** One thing that an operator may do to the running program, or ask it. */
export interface ActionDeclaration<Input extends ActionInput> {
  /** `GET` asks and changes nothing: it is not audited. */
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Under `/-/`, apart from what is public on the port. No parameters: what varies belongs into the input. */
  readonly path: `/-/${string}`;
  readonly summary: string;
  /** What its JSON body holds. Without it there is none. */
  readonly input?: Input;
  /** @returns what the operator is told, as JSON */
  readonly run: (call: ActionCall<ValuesOf<Input>>) => object | Promise<object>;
}

export interface ActionCall<Input> {
  readonly input: Input;
  readonly operator: Operator;
}

/** Makes actions into routes of the admin server: guarded, their bodies checked, each written to the log with who did it. */
export type ActionMaker = <const Input extends ActionInput = ActionInput>(declaration: ActionDeclaration<Input>) => Route;

export interface ActionMakerOptions {
  readonly operators: AuthRule<Operator>;
  readonly log: Logger;
}

export function createActionMaker({ operators, log }: ActionMakerOptions): ActionMaker {
  return ({ method, path, summary, input, run }) => {
    const action = `${method} ${path}`;
    const contract = {
      auth: operators,
      summary,
      bodyLimit: "16kb" as const,
      ...(input === undefined ? {} : { body: inputSchema(input) }),
    };
    const declare = route[VERBS[method]] as typeof route.post;
    return declare(path, contract, async ({ body, principal, request }) => {
      const audit = { operator: principal.id, address: request.address, action, input: body };
      try {
        const outcome = await run({ input: body, operator: principal });
        if (method !== "GET") log.info(audit, "an operator acted");
        return outcome;
      } catch (error) {
        log.warn({ ...audit, error }, "an operator's action failed");
        throw error;
      }
    });
  };
}

const VERBS = { GET: "get", POST: "post", PUT: "put", DELETE: "delete" } as const;
