import { type Fault, type PlinthError, isPlinthError } from "../core/mod.ts";
import { errors } from "./errors.ts";

/** An error as the caller sees it: RFC 9457, with a stable code. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** The request's path. */
  readonly instance?: string;
  readonly code: string;
  readonly requestId: string;
  readonly errors?: readonly Fault[];
}

export const PROBLEM_TYPE = "application/problem+json";

/** The error that the caller may see: one without a status stays inside, and only the request's id goes out. */
export function toPublicError(thrown: unknown, requestId: string): PlinthError {
  if (isPlinthError(thrown) && isErrorStatus(thrown.status)) return thrown;
  return errors.INTERNAL({ requestId }, { cause: thrown });
}

function isErrorStatus(status: unknown): boolean {
  return typeof status === "number" && Number.isInteger(status) && status >= 400 && status <= 599;
}

/** The problem document of a public error. */
export function toProblem(error: PlinthError, requestId: string, instance?: string): Problem {
  return {
    type: "about:blank",
    title: error.title,
    status: error.status ?? 500,
    detail: error.message,
    ...(instance === undefined ? {} : { instance }),
    code: error.code,
    requestId,
    ...(error.faults === undefined ? {} : { errors: error.faults }),
  };
}
