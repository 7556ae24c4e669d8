import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { DoctorCheck, DoctorSubject } from "../../app/mod.ts";
import { type Finding, parseDuration } from "../../core/mod.ts";

/** What Kubernetes gives a container to end in unless it is told otherwise (`terminationGracePeriodSeconds`). */
const USUAL_GRACE_MS = 30_000;
const MOST_KEYS = 3;
const READABLE_BY_OTHERS = 0o004;

/** Values that are valid, and not what a production program should run with. */
const production: DoctorCheck = {
  name: "settings for production",
  examine({ config, environment }) {
    if (environment !== "production") return [];
    const { logLevel, logFormat, shutdownDelay } = config;
    const findings: Finding[] = [];
    if (logLevel === "debug" || logLevel === "trace") {
      findings.push({
        id: "log-level-chatty",
        severity: "warning",
        what: `LOG_LEVEL is ${logLevel} in production`,
        why: "It costs time and room, and what developers log for themselves may be personal.",
        todo: "Set LOG_LEVEL to info; `plinth log debug` shows some requests in detail while the program runs.",
      });
    }
    if (logLevel === "fatal" || logLevel === "silent") {
      findings.push({
        id: "log-level-mute",
        severity: "warning",
        what: `LOG_LEVEL is ${logLevel} in production`,
        why: "Failed requests and attacks leave no trace.",
        todo: "Set LOG_LEVEL to info, or to error at the least.",
      });
    }
    if (logFormat === "pretty") {
      findings.push({
        id: "log-format-pretty",
        severity: "warning",
        what: "LOG_FORMAT is pretty in production",
        why: "Collectors cannot read it, so nothing of it can be searched or alerted on.",
        todo: "Leave LOG_FORMAT out, or set it to json.",
      });
    }
    if (parseDuration(shutdownDelay) === 0) {
      findings.push({
        id: "shutdown-delay-none",
        severity: "warning",
        what: "SHUTDOWN_DELAY is 0 in production",
        why: "Load balancers go on sending requests for seconds after a stop has begun; those are refused.",
        todo: "Set SHUTDOWN_DELAY to what your load balancer needs to notice, such as 5s.",
      });
    }
    return findings;
  },
};

const shutdown: DoctorCheck = {
  name: "time to stop",
  examine({ config: { shutdownDelay, shutdownTimeout }, environment }) {
    if (environment !== "production" || parseDuration(shutdownDelay) + parseDuration(shutdownTimeout) < USUAL_GRACE_MS) return [];
    return [
      {
        id: "shutdown-longer-than-grace",
        severity: "note",
        what: `SHUTDOWN_DELAY and SHUTDOWN_TIMEOUT together are ${shutdownDelay} and ${shutdownTimeout}`,
        why: "Kubernetes kills what has not ended after 30 s, Docker after 10 s, unless told otherwise.",
        todo: "Give the container a longer grace period than both together, or shorten SHUTDOWN_TIMEOUT.",
      },
    ];
  },
};

const rootSecrets: DoctorCheck = {
  name: "root secrets",
  examine({ config: { appKey = [] } }) {
    if (appKey.length <= MOST_KEYS) return [];
    return [
      {
        id: "app-key-not-retired",
        severity: "warning",
        what: `APP_KEY lists ${appKey.length} root secrets`,
        why: "All of them verify: whoever has an old one can still sign sessions, links and operator tokens.",
        todo: "Drop those whose signatures have all expired.",
      },
    ];
  },
};

/** Secrets in files that are committed, or that others may read. */
const secretFiles: DoctorCheck = {
  name: "files with secrets",
  examine(subject) {
    const findings: Finding[] = [];
    for (const [source, keys] of secretSources(subject)) {
      const path = pathOf(source, subject.folder);
      if (path === undefined) continue;
      if (source.startsWith("config/")) {
        findings.push({
          id: "secret-in-config-file",
          severity: "error",
          what: `${source} holds ${keys.join(", ")}`,
          why: "Files under config/ are part of the source and end up in version control and images.",
          todo: "Move it to an environment variable or a secret file, and change the secret: it must count as known.",
        });
      }
      if ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & READABLE_BY_OTHERS) {
        findings.push({
          id: "secret-file-readable",
          severity: "warning",
          what: `every user of the machine may read ${path}, which holds ${keys.join(", ")}`,
          why: "Whoever breaks into any other program on the machine has the secrets too.",
          todo: `chmod o-r ${path}`,
        });
      }
    }
    return findings;
  },
};

/** Secret settings by the source that their value came from. */
function secretSources({ loaded }: DoctorSubject): ReadonlyMap<string, readonly string[]> {
  const sources = new Map<string, string[]>();
  for (const { name, setting } of loaded.schema.keys) {
    if (!setting.secret) continue;
    const source = (loaded.provenance[name] as string).replace(/:\d+$/, "");
    sources.set(source, [...(sources.get(source) ?? []), name]);
  }
  return sources;
}

function pathOf(source: string, folder: string): string | undefined {
  if (source.startsWith("file ")) return source.slice("file ".length);
  return source.startsWith(".env") || source.startsWith("config/") ? join(folder, source) : undefined;
}

const ignoredByGit: DoctorCheck = {
  name: ".gitignore",
  examine({ folder }) {
    if (!existsSync(join(folder, ".env")) || !existsSync(join(folder, ".git"))) return [];
    const rules = existsSync(join(folder, ".gitignore")) ? readFileSync(join(folder, ".gitignore"), "utf8") : "";
    if (/^\/?(?:\*\*\/)?\.env(?:\*|$|\r)/m.test(rules)) return [];
    return [
      {
        id: "env-file-not-ignored",
        severity: "error",
        what: ".env is not in .gitignore",
        why: "One `git add .` puts its secrets into the history for good.",
        todo: "Add a line `.env*` to .gitignore; if it was committed before, change every secret in it.",
      },
    ];
  },
};

export const settingsChecks: readonly DoctorCheck[] = [production, shutdown, rootSecrets, secretFiles, ignoredByGit];
