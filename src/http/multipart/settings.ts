import { type Size, parseSize } from "../../core/mod.ts";
import type { FileRules, MultipartLimits } from "./declaration.ts";

/** A file rule, resolved. */
export interface FileSettings {
  readonly types: readonly string[];
  readonly maxBytes: number;
  readonly maxCount: number;
}

/** {@link MultipartLimits}, resolved; sizes in bytes. */
export interface PartLimits {
  readonly parts: number;
  readonly fields: number;
  readonly files: number;
  readonly nameBytes: number;
  readonly fieldBytes: number;
  readonly headers: number;
  readonly headerBytes: number;
}

/** How the parts of one route's bodies are read. */
export interface PartSettings {
  /** Null: a file may come under any name. */
  readonly files: ReadonlyMap<string, FileSettings> | null;
  readonly limits: PartLimits;
}

const FILES_WITHOUT_RULES = 20;

/** Resolves a declaration at boot. */
export function resolveParts(rules: FileRules | undefined, limits: MultipartLimits): PartSettings {
  const files = rules === undefined ? null : new Map(Object.entries(rules).map(([name, rule]) => [name, resolveFile(rule)]));
  const together = files === null ? FILES_WITHOUT_RULES : [...files.values()].reduce((sum, { maxCount }) => sum + maxCount, 0);
  return {
    files,
    limits: {
      parts: limits.parts ?? 200,
      fields: limits.fields ?? 100,
      files: limits.files ?? together,
      nameBytes: bytesOf(limits.nameSize, "128b"),
      fieldBytes: bytesOf(limits.fieldSize, "64kb"),
      headers: limits.headers ?? 16,
      headerBytes: bytesOf(limits.headersSize, "8kb"),
    },
  };
}

function resolveFile({ types, maxBytes, maxCount = 1 }: FileRules[string]): FileSettings {
  return { types, maxBytes: maxBytes === undefined ? Infinity : parseSize(maxBytes), maxCount };
}

function bytesOf(size: Size | undefined, fallback: Size): number {
  return parseSize(size ?? fallback);
}
