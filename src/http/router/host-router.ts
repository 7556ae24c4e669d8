import { HostMap, hostnameOf } from "../../core/mod.ts";
import { MALFORMED, type Match, type RouteTable, Router } from "./router.ts";

/**
 * Routes by host, for apps that have some for certain hosts only. The router of the closest host is asked first, the one for any host
 * last; what matches decides, guards and all, so the same path may be another route on another host.
 */
export class HostRouter<Target extends object> implements RouteTable<Target> {
  readonly #hosts = new HostMap<Router<Target>>();
  readonly #anyHost = new Router<Target>();

  /** @param host pattern; undefined for any host */
  add(host: string | undefined, method: string, path: string, target: Target): void {
    this.#routerOf(host).add(method, path, target);
  }

  #routerOf(host: string | undefined): Router<Target> {
    if (host === undefined) return this.#anyHost;
    const known = this.#hosts.get(host);
    if (known !== undefined) return known;
    const router = new Router<Target>();
    this.#hosts.set(host, router);
    return router;
  }

  find(method: string, path: string, host: string): Match<Target> | typeof MALFORMED | undefined {
    let malformed = false;
    for (const router of this.#hosts.find(hostnameOf(host))) {
      const found = router.find(method, path);
      if (typeof found === "object") return found;
      malformed ||= found === MALFORMED;
    }
    return this.#anyHost.find(method, path) ?? (malformed ? MALFORMED : undefined);
  }

  methodsOf(path: string, methods: readonly string[], host: string): string[] {
    return methods.filter((method) => typeof this.find(method, path, host) === "object");
  }
}
