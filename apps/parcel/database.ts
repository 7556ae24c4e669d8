import { fileURLToPath } from "node:url";
import type { Selectable } from "plinth/db";

/** A stored file, as its row. */
interface FileTable {
  /** UUIDv7, so ids sort by time. */
  readonly id: string;
  readonly owner: string;
  readonly name: string;
  readonly type: string;
  readonly size: number;
  /** SHA-256, in hex. */
  readonly hash: string;
  /** Milliseconds since 1970. */
  readonly created_at: number;
  /** Grows by one with every change. */
  readonly version: number;
}

/** Parcel's tables. */
export interface Tables {
  readonly files: FileTable;
}

export type FileRow = Selectable<FileTable>;

/** Where the migrations are. */
export const MIGRATIONS: string = fileURLToPath(new URL("migrations", import.meta.url));
