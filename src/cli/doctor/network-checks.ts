import { type DoctorCheck, probePort } from "../../app/mod.ts";
import { type Finding, isPlinthError } from "../../core/mod.ts";
import { portHolder } from "./port-holder.ts";

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|::1)$/;
const ANY = new Set(["0.0.0.0", "::"]);
/** Prefixes that are larger than any network of one's own: 10.0.0.0/8 is the largest private one. */
const WIDE = { 4: 8, 6: 7 } as const;

const adminServer: DoctorCheck = {
  name: "admin server",
  examine({ config: { adminHost, adminPort, host, port } }) {
    const findings: Finding[] = [];
    if (!LOOPBACK.test(adminHost)) {
      findings.push({
        id: "admin-exposed",
        severity: "warning",
        what: `the admin server listens on ${adminHost}`,
        why: "Health and metrics are open to whoever reaches it: they tell your routes, your load and your weak hours.",
        todo: "Set ADMIN_HOST to 127.0.0.1, or let a firewall or network policy keep all but probes and scrapers away.",
      });
    }
    if (adminPort !== 0 && adminPort === port && (adminHost === host || ANY.has(host) || ANY.has(adminHost))) {
      findings.push({
        id: "ports-equal",
        severity: "error",
        what: `PORT and ADMIN_PORT are both ${port}`,
        why: "Only one of the two servers can have it: the program does not start.",
        todo: "Give ADMIN_PORT another number.",
      });
    }
    return findings;
  },
};

const proxies: DoctorCheck = {
  name: "trusted proxies",
  examine({ config: { trustedProxies } }) {
    const wide = trustedProxies.filter(isWide);
    if (wide.length === 0) return [];
    return [
      {
        id: "trusted-proxies-wide",
        severity: "error",
        what: `TRUSTED_PROXIES has ${wide.join(", ")}`,
        why: "Anybody there may write the client's address into a header: limits, bans and logs believe it.",
        todo: "List the addresses or networks of your own proxies.",
      },
    ];
  },
};

function isWide(entry: string): boolean {
  const [network = "", prefix] = entry.split("/");
  return prefix !== undefined && Number(prefix) < WIDE[network.includes(":") ? 6 : 4];
}

const ports: DoctorCheck = {
  name: "ports",
  async examine({ config: { host, port, adminHost, adminPort, role } }) {
    const wanted = [
      ...(role === "jobs" ? [] : [{ host, port, what: "The public server" }]),
      { host: adminHost, port: adminPort, what: "The admin server" },
    ].filter((probe) => probe.port !== 0);
    const findings: Finding[] = [];
    for (const probe of wanted) {
      const thrown: unknown = await probePort(probe).catch((error: unknown) => error);
      if (!isPlinthError(thrown)) continue;
      const taken = thrown.code === "E_APP_PORT_IN_USE";
      const holder = taken ? portHolder(probe.port) : undefined;
      findings.push({
        id: taken ? "port-in-use" : "port-refused",
        severity: taken ? "warning" : "error",
        what: `${probe.what} cannot have ${probe.host}:${probe.port}: ${taken ? (holder ?? "another program has it") : thrown.message}`,
        why: "A program that is started now does not get it. That is as it should be while this one runs.",
        todo: "Stop the other program, or set another port; below 1024 a program needs the right to listen.",
      });
    }
    return findings;
  },
};

export const networkChecks: readonly DoctorCheck[] = [adminServer, proxies, ports];
