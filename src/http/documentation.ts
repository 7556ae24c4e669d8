import type { MultipartDeclaration, MultipartStreamDeclaration } from "./multipart/declaration.ts";

/** An error as a document names it. The factories of an error catalogue are ones. */
export interface DocumentedError {
  readonly code: string;
  /** One without a status reaches callers as E_HTTP_INTERNAL. */
  readonly status: number | undefined;
  readonly title: string;
}

/** What a reply schema cannot say of an answer. */
export interface AnswerNote {
  /** What this status means here. Default: the status's own name. */
  readonly description?: string;
  /** Media type of a body that no schema describes, `image/png` for instance. Default: no body. */
  readonly type?: string;
  /**
   * Whether the body comes of `reply.file`: then the document also says that parts of it may be asked for (206, 416), and whether it has
   * changed (304, 412), by which request headers. For 200 alone. Default false.
   */
  readonly file?: boolean;
}

/** What a route says about itself to people and to the OpenAPI document. Nothing of it changes how a request is answered. */
export interface Documentation {
  /** One sentence for listings and documents. */
  readonly summary?: string;
  /** More than a sentence; CommonMark. */
  readonly description?: string;
  /** Headings that the route stands under in the document. Default: the first literal segment of its path. */
  readonly tags?: readonly string[];
  /** Answers by status that have no reply schema, and notes on those that have one. */
  readonly answers?: { readonly [status: number]: AnswerNote };
  /** A form with files that a `bodyStream()` may be as well: a handler that reads both tells them apart by the request's media type. */
  readonly streamedForm?: MultipartDeclaration | MultipartStreamDeclaration;
  /** Whether the OpenAPI document lists the route. Default true. */
  readonly documented?: boolean;
}

/** How an auth rule's credentials are sent, for the document. */
export interface CredentialsNote {
  /** A security scheme object (OpenAPI 3.1.1, section 4.8.27), such as `{ type: "apiKey", in: "header", name: "x-api-key" }`. */
  readonly securityScheme: { readonly type: string; readonly [field: string]: unknown };
  /** Scopes or roles that the rule asks for. */
  readonly scopes?: readonly string[];
  /** What the rule throws. */
  readonly errors?: readonly DocumentedError[];
}
