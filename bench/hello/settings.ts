// What every server of `hello` and `routes` agrees on. No package is imported here: the bare server uses it too.
export { HOST, PORT, announceReady } from "../harness/environment.ts";

/** How many routes the server has; the first is `/hello/:name`. */
export const ROUTES = Number(process.env["VARIANT"] || 1);

/** The path templates of a server with so many routes: half with a parameter, half without. */
export function listPaths(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) =>
    index === 0 ? "/hello/:name" : index % 2 === 0 ? `/section-${index}/items/:name` : `/section-${index}/summary/all`,
  );
}

/** What every route answers. A route without a parameter greets everybody. */
export function greet(name: string | undefined): { readonly hello: string } {
  return { hello: name ?? "all" };
}
