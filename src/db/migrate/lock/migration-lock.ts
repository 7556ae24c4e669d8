import type { AnyKysely } from "../migration.ts";

/** A lock that one session has, and that is free again when the session ends, however it ends. */
export interface MigrationLock {
  /** Whether this session still has it. */
  held(): Promise<boolean>;
  release(): Promise<void>;
}

/** How one engine locks. */
export interface LockMethod {
  /** Takes the lock without waiting; undefined when another session has it. */
  take(connection: AnyKysely): Promise<MigrationLock | undefined>;
  /** Who has it, for people. */
  holder(connection: AnyKysely): Promise<string>;
}
