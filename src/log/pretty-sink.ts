import { styleText } from "node:util";
import type { LogSink } from "./contract.ts";

type Style = Parameters<typeof styleText>[0];
type Entry = Readonly<Record<string, unknown>>;

const STYLES: Readonly<Record<string, Style>> = {
  trace: "gray",
  debug: "blue",
  info: "green",
  warn: "yellow",
  error: "red",
  fatal: ["bold", "red"],
};

export interface PrettySinkOptions {
  /** Default: as the standard output and `NO_COLOR`/`FORCE_COLOR` say. */
  readonly colors?: boolean;
}

/**
 * Turns JSON lines into lines for people, on their way to another sink. For the writer's side only: threads send each other JSON.
 * What is no JSON object passes as it is.
 */
export function createPrettySink(sink: LogSink, options: PrettySinkOptions = {}): LogSink {
  const colors = options.colors ?? styleText("red", "x", { stream: process.stdout }) !== "x";
  const paint = (style: Style, text: string): string => (colors ? styleText(style, text, { validateStream: false }) : text);
  return {
    write(line: string): void {
      const entry = parseEntry(line);
      sink.write(entry === undefined ? line : format(entry, paint));
    },
    flushSync(): void {
      sink.flushSync();
    },
    ...(sink.reopen === undefined ? {} : { reopen: (): void => sink.reopen?.() }),
    get dropped(): number {
      return sink.dropped;
    },
  };
}

function parseEntry(line: string): Entry | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as Entry) : undefined;
  } catch {
    return undefined;
  }
}

function format(entry: Entry, paint: (style: Style, text: string) => string): string {
  const { "@timestamp": time, level, message, error, ...fields } = entry;
  const name = String(level);
  const clock = /T([\d:.]+)/.exec(String(time))?.[1] ?? "";
  const rest = Object.entries(fields).map(([key, value]) => `${paint("dim", `${clean(key)}=`)}${formatValue(value)}`);
  const head = [
    paint("dim", clock),
    paint(STYLES[name] ?? "reset", name.toUpperCase().padEnd(5)),
    clean(typeof message === "string" ? message : ""),
  ];
  return `${[...head, ...rest].join(" ")}\n${formatError(error, "  ", paint)}`;
}

function formatValue(value: unknown): string {
  return clean(typeof value === "string" && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value));
}

/** Stacks keep their lines; causes are indented under what they caused. */
function formatError(error: unknown, indent: string, paint: (style: Style, text: string) => string): string {
  if (error === undefined) return "";
  if (typeof error !== "object" || error === null) return `${indent}${formatValue(error)}\n`;
  const { stack, type, message, code, cause, errors } = error as Entry;
  const text = typeof stack === "string" ? stack : [type, message, code].filter((part) => typeof part === "string").join(": ");
  const lines = text
    .split("\n")
    .map((line, index) => indent + (index === 0 ? paint("red", clean(line)) : paint("dim", clean(line))));
  const parts = Array.isArray(errors) ? (errors as unknown[]) : [];
  const below = [...(cause === undefined ? [] : [cause]), ...parts].map((part) => formatError(part, `${indent}  `, paint));
  return `${lines.join("\n")}\n${below.join("")}`;
}

/** Control characters in a logged text must not reach the terminal: they could move its cursor or paint over lines. */
function clean(text: string): string {
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  return text.replaceAll(/[\u0000-\u001F\u007F-\u009F]/g, (character) =>
    character === "\n" ? "\\n" : `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
