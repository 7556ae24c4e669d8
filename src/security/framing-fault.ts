import type { ErrorFactory } from "../core/mod.ts";
import { errors } from "./errors.ts";

/** Why a request is refused before it is looked at. A constant: refusing costs nothing. Close the connection after it. */
export interface FramingFault {
  readonly code: string;
  readonly status: number;
  readonly title: string;
  readonly detail: string;
}

function createFault(factory: ErrorFactory<void>): FramingFault {
  const { code, status = 400, title } = factory;
  return Object.freeze({ code, status, title, detail: factory().message });
}

export const VERSION_UNSUPPORTED: FramingFault = createFault(errors.VERSION_UNSUPPORTED);
export const TARGET_LONG: FramingFault = createFault(errors.TARGET_LONG);
export const TARGET_FORM: FramingFault = createFault(errors.TARGET_FORM);
export const TARGET_FRAGMENT: FramingFault = createFault(errors.TARGET_FRAGMENT);
export const TARGET_CHARACTER: FramingFault = createFault(errors.TARGET_CHARACTER);
export const HOST_MISSING: FramingFault = createFault(errors.HOST_MISSING);
export const HOST_INVALID: FramingFault = createFault(errors.HOST_INVALID);
export const FIELD_REPEATED: FramingFault = createFault(errors.FIELD_REPEATED);
export const FIELD_DISGUISED: FramingFault = createFault(errors.FIELD_DISGUISED);
export const TRANSFER_ENCODING_INVALID: FramingFault = createFault(errors.TRANSFER_ENCODING_INVALID);
export const TRANSFER_ENCODING_OUTDATED: FramingFault = createFault(errors.TRANSFER_ENCODING_OUTDATED);
export const CONTENT_LENGTH_INVALID: FramingFault = createFault(errors.CONTENT_LENGTH_INVALID);
export const LENGTH_CONFLICT: FramingFault = createFault(errors.LENGTH_CONFLICT);
export const BODY_UNEXPECTED: FramingFault = createFault(errors.BODY_UNEXPECTED);
export const EXPECT_UNSUPPORTED: FramingFault = createFault(errors.EXPECT_UNSUPPORTED);
