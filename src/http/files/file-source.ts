import type { Validators } from "../conditions/validators.ts";
import type { StreamSource } from "../contract.ts";
import type { ByteRange } from "./byte-range.ts";

/** A part of a file, and how long anybody waits for it. */
export interface FilePart extends ByteRange {
  /** Aborted when the client leaves. */
  readonly signal: AbortSignal;
}

/**
 * The bytes of a file wherever they are: on a disk, in a bucket, in memory. What is said of them (size, etag, time) must be of the
 * very bytes that `open` gives, also when the file is replaced meanwhile; an open handle does that, or a version id.
 */
export interface FileSource extends Validators {
  /** Bytes. */
  readonly size: number;
  /** Gives the bytes of a part, and fails where it cannot: an answer that is not whole breaks off. */
  open(part: FilePart): StreamSource | Promise<StreamSource>;
  /** Lets go of what is held. Called when the answer has ended, whether anything was opened or not, and maybe again. Must not throw. */
  close?(): void;
}
