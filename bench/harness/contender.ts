import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** One server of a comparison. */
export interface Contender {
  /** Unique in its benchmark; `plinth`, or `plinth/100` where there are variants. */
  readonly id: string;
  /** Its entry file without the extension. */
  readonly name: string;
  /** Its row in the table. */
  readonly title: string;
  /** What is varied, such as the number of routes; empty for nothing. The server gets it as `VARIANT`. */
  readonly variant: string;
  /** Which of the traffic module's requests it gets. */
  readonly traffic: string;
  /** Entry file, absolute. */
  readonly file: string;
  /** Arguments of Node before the file. */
  readonly nodeArguments: readonly string[];
  /** Arguments after the file. */
  readonly fileArguments: readonly string[];
  /** Environment variables besides those that every server gets; undefined takes one of those away. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether it has one core to itself, the load another. */
  readonly pinned: boolean;
  /** The packages whose versions identify it. */
  readonly packages: readonly string[];
  /** Where `/metrics` is, if anywhere: on the public port, or on the port given in METRICS_PORT. */
  readonly metrics: "public" | "admin";
}

export type ContenderParts = Pick<Contender, "name" | "title"> & Partial<Contender>;

/** Our own servers run from source. */
export const FROM_SOURCE: readonly string[] = ["--conditions=plinth:source"];

/** Contenders, whose entry files lie in a benchmark's folder unless they say another. @throws Error when one is missing */
export function contendersIn(folder: URL, all: readonly ContenderParts[]): readonly Contender[] {
  return all.map((parts): Contender => {
    const { name, variant = "", file = fileURLToPath(new URL(`${name}.ts`, folder)) } = parts;
    if (!existsSync(file)) throw new Error(`There is no ${file} to start ${name} by.`);
    return {
      id: variant === "" ? name : `${name}/${variant}`,
      variant,
      traffic: variant,
      nodeArguments: name.startsWith("plinth") ? FROM_SOURCE : [],
      fileArguments: [],
      env: {},
      pinned: true,
      packages: [],
      metrics: "public",
      ...parts,
      file,
    };
  });
}

/** Every contender once with each variant. */
export function withVariants(all: readonly ContenderParts[], variants: readonly string[]): readonly ContenderParts[] {
  return variants.flatMap((variant) => all.map((parts) => ({ ...parts, variant })));
}
