import { REDACTED, type Redaction } from "./redaction.ts";

/**
 * Hides what stands for a sensitive parameter in a request's path: of `/l/:token` the log sees `/l/[redacted]`. Where path and template
 * do not line up (a doubled slash, a wildcard), the template is shown instead. Templates are searched once each; there are as many as
 * the program has routes.
 */
export class PathMask {
  readonly #redaction: Redaction;
  /** Positions of sensitive segments by template; null where there are none. */
  readonly #positions = new Map<string, readonly number[] | null>();

  constructor(redaction: Redaction) {
    this.#redaction = redaction;
  }

  apply(route: string, path: string): string {
    const known = this.#positions.get(route);
    const positions = known === undefined ? this.#learn(route) : known;
    if (positions === null) return path;
    const segments = path.split("/");
    if (segments.length !== route.split("/").length) return route;
    for (const position of positions) segments[position] = REDACTED;
    return segments.join("/");
  }

  #learn(route: string): readonly number[] | null {
    const found: number[] = [];
    for (const [position, segment] of route.split("/").entries()) {
      const names = segment.match(/(?<=:)\w+/g) ?? [];
      if (names.some((name) => this.#redaction.matches(name))) found.push(position);
    }
    const positions = found.length === 0 ? null : found;
    this.#positions.set(route, positions);
    return positions;
  }
}
