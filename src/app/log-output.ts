import { isatty } from "node:tty";
import { type LogSink, createFdSink, createPrettySink } from "../log/mod.ts";
import type { BaseConfig } from "./contract.ts";

/** Where a program's lines go: what LOG_FILE and LOG_FORMAT say, else standard output, for people where that is a terminal. */
export function createLogOutput({ logFile, logFormat }: BaseConfig): LogSink {
  const sink = createFdSink(logFile === undefined ? {} : { path: logFile });
  const format = logFormat ?? (logFile === undefined && isatty(1) ? "pretty" : "json");
  return format === "pretty" ? createPrettySink(sink) : sink;
}
