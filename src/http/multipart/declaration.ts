import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Size } from "../../core/mod.ts";

/** What may come as a file under one name. */
export interface FileRule {
  /**
   * Media types that a file may have by its content: `image/png`, `image/*`, or `*` for any. What the client says of its type counts
   * only among formats that look alike: kinds of text, and formats that are zip archives.
   */
  readonly types: readonly string[];
  /** The largest file, in bytes. Default: what the route's `bodyLimit` allows. */
  readonly maxBytes?: Size;
  /** The most files under this name. With it the name holds a list; without, one file. */
  readonly maxCount?: number;
  /** The fewest files, where the name holds a list. Default 0. */
  readonly minCount?: number;
  /** Whether the one file may be missing. Default false. */
  readonly optional?: boolean;
}

/** File rules by the name that the parts have. */
export type FileRules = Readonly<Record<string, FileRule>>;

/** Bounds of a multipart body, beside the route's `bodyLimit`. What exceeds one is answered with 413. */
export interface MultipartLimits {
  /** Parts of every kind. Default 200. */
  readonly parts?: number;
  /** Parts that are fields. Default 100. */
  readonly fields?: number;
  /** Parts that are files. Default: what the file rules allow together; 20 without rules. */
  readonly files?: number;
  /** A part's name. Default `"128b"`. */
  readonly nameSize?: Size;
  /** A field's value. Default `"64kb"`. */
  readonly fieldSize?: Size;
  /** Header fields of one part. Default 16. */
  readonly headers?: number;
  /** The header fields of one part together. Default `"8kb"`. */
  readonly headersSize?: Size;
}

/** A file of a body that was read whole. It lives as long as its request: read it before you answer. */
export interface UploadedFile {
  /** The part's name. */
  readonly field: string;
  /** What the client calls the file: its last segment, cleaned and shortened. Data, never a path of yours. */
  readonly filename: string;
  /** By content; `application/octet-stream` for what is not known. */
  readonly type: string;
  /** What the client says, in lower case and without parameters; empty when it says nothing. */
  readonly declaredType: string;
  /** In bytes. */
  readonly size: number;
  /**
   * The content, from its start at every call.
   *
   * @throws E_HTTP_UPLOAD_GONE when the request has ended
   */
  stream(): AsyncIterable<Uint8Array>;
  /** The content at once. Throws as `stream` does. */
  bytes(): Promise<Buffer>;
}

/** A field of a body that is read part by part. */
export interface FormField {
  readonly kind: "field";
  readonly name: string;
  readonly value: string;
}

/** A file of a body that is read part by part. Going on to the next part skips what was not read of it. */
export interface FormFile {
  readonly kind: "file";
  readonly name: string;
  /** As {@link UploadedFile.filename}. */
  readonly filename: string;
  /** As {@link UploadedFile.type}. */
  readonly type: string;
  /** As {@link UploadedFile.declaredType}. */
  readonly declaredType: string;
  /** The content as it comes, once. */
  readonly stream: AsyncIterable<Uint8Array>;
}

export type FormPart = FormField | FormFile;

/** The parts of a body in the order in which they come, with back-pressure. Reading on after an error throws it again. */
export type PartStream = AsyncIterable<FormPart>;

/** Fields and files of a body that was read whole. */
export interface MultipartBody<Fields, Files> {
  readonly fields: Fields;
  readonly files: Files;
}

/** Fields as they came, and files by name; what the declaration validates. Neither has a prototype. */
export interface CollectedParts {
  readonly fields: Record<string, string | string[]>;
  readonly files: Readonly<Record<string, readonly UploadedFile[]>>;
}

/** What a handler gets for each file rule. */
export type FilesOf<Rules extends FileRules> = {
  readonly [Name in keyof Rules]: Rules[Name] extends { readonly maxCount: number }
    ? readonly UploadedFile[]
    : Rules[Name] extends { readonly optional: true }
      ? UploadedFile | undefined
      : UploadedFile;
};

/** Declares that a body is multipart and read whole; made by `multipart()`. As a schema it validates what was collected. */
export interface MultipartDeclaration<Body = unknown> extends StandardSchemaV1<CollectedParts, Body> {
  readonly kind: "multipart";
  readonly fields: StandardSchemaV1 | undefined;
  readonly files: FileRules;
  readonly limits: MultipartLimits;
  /** A file up to this size stays in memory, a larger one waits in a temporary file. */
  readonly memory: Size;
}

/** Declares that the handler reads the parts of a multipart body itself; made by `multipartStream()`. */
export interface MultipartStreamDeclaration {
  readonly kind: "multipart-stream";
  /** Undefined: a file may come under any name, and have any type. */
  readonly files: FileRules | undefined;
  readonly limits: MultipartLimits;
}
