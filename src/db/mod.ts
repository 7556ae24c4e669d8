export { type AfterTask, type TransactionScope, currentTransaction } from "./transaction-scope.ts";
