import { type ErrorCatalogue, defineErrors } from "../core/mod.ts";

interface Details {
  RULE_INVALID: { reason: string };
  SCOPE_MISSING: { route: string };
  PRINCIPAL_MISSING: { route: string };
  KEY_MISSING: object;
  KEY_MALFORMED: object;
  IN_FLIGHT: object;
  KEY_REUSED: object;
  CLAIM_LOST: object;
  ANSWER_UNSTORABLE: { route: string; maxBytes: number };
  POLICY_MISSING: { route: string };
}

/** The errors of the idempotency room. */
export const errors: ErrorCatalogue<Details, "idempotency"> = defineErrors<Details, "idempotency">("idempotency", {
  RULE_INVALID: {
    title: "Invalid idempotency policy",
    message: (d) => `The idempotency policy cannot work: ${d.reason}.`,
  },
  SCOPE_MISSING: {
    title: "Idempotency without a scope",
    message: (d) =>
      `${d.route} is public, so its idempotency keys belong to nobody and one caller could be answered with what another was told. Give the policy a \`scope\`, or the route an \`auth\` rule.`,
  },
  PRINCIPAL_MISSING: {
    title: "Idempotency without a principal",
    message: (d) =>
      `${d.route} was called by a principal without an \`id\` that is a text, or \`scope\` gave none, so its idempotency key belongs to nobody. Give principals an id.`,
  },
  KEY_MISSING: {
    status: 400,
    title: "Idempotency-Key is missing",
    message: () =>
      'This operation needs the header Idempotency-Key: a text that is new for each operation, such as "8e03978e-40d5-43dd-bc93-6894a57f9324", and the same for each attempt at it.',
  },
  KEY_MALFORMED: {
    status: 400,
    title: "Idempotency-Key is malformed",
    message: () =>
      'The header Idempotency-Key is no text of 1 to 255 printable ASCII characters in double quotes, such as "8e03978e-40d5-43dd-bc93-6894a57f9324". Send one.',
  },
  IN_FLIGHT: {
    status: 409,
    title: "Request is being processed",
    message: () => "A request with this Idempotency-Key is still being processed. Send it again later to have its answer.",
  },
  KEY_REUSED: {
    status: 422,
    title: "Idempotency-Key was used for something else",
    message: () => "This Idempotency-Key was sent before with another request. Use a new key for a new operation.",
  },
  CLAIM_LOST: {
    status: 409,
    title: "Request was taken over",
    message: () =>
      "This attempt took so long that another one with its Idempotency-Key took its place; nothing that it did was kept. Send it again to have the answer of the other.",
  },
  ANSWER_UNSTORABLE: {
    title: "Answer cannot be kept",
    message: (d) =>
      `${d.route} has an idempotency policy, but its handler answered with a stream, a file, events, a page with a nonce or more than ${d.maxBytes} bytes. Answer with a smaller whole body, or raise \`maxAnswer\`.`,
  },
  POLICY_MISSING: {
    title: "Answer without an idempotency policy",
    message: (d) => `\`commitAnswer\` was called in ${d.route}, which has no idempotency policy. Give the route one.`,
  },
});
