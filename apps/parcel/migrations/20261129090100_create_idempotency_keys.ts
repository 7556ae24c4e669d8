import { idempotencyTable } from "plinth/idempotency";

export const { up, down } = idempotencyTable();
