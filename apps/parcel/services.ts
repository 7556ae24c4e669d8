import type { ServiceTools } from "plinth/app";
import type { BearerRule } from "plinth/auth";
import type { Clock, ErrorFactory, Secret } from "plinth/core";
import type { Config } from "./config.ts";
import { errors } from "./errors.ts";
import { Disk } from "./files/disk.ts";
import { FileRecords } from "./files/records.ts";
import { createSignedIn } from "./tokens.ts";

/** What Parcel's routes are made of. */
export interface Services {
  readonly config: Config;
  readonly clock: Clock;
  readonly disk: Disk;
  readonly records: FileRecords;
  readonly signedIn: BearerRule;
}

export function createServices({ config, runtime }: ServiceTools<Config>): Services {
  const { appKeys, clock } = runtime;
  return {
    config,
    clock,
    disk: new Disk(pathOf(config.storageUrl, "file:", errors.STORAGE_UNSUPPORTED)),
    records: new FileRecords(pathOf(config.databaseUrl, "sqlite:", errors.DATABASE_UNSUPPORTED)),
    signedIn: createSignedIn(appKeys, clock),
  };
}

function pathOf(url: Secret, scheme: string, unsupported: ErrorFactory<{ scheme: string }>): string {
  const text = url.reveal();
  if (!text.startsWith(scheme)) throw unsupported({ scheme: text.split(":", 1)[0] ?? "" });
  return text.slice(scheme.length).replace(/^\/\//, "");
}
