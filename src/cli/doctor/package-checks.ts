import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { DoctorCheck } from "../../app/mod.ts";
import type { Finding } from "../../core/mod.ts";

/** Packages in which holes were found, by the first versions without them: one for each major version that was mended. */
const FLOORS: Readonly<Record<string, readonly string[]>> = {
  "find-my-way": ["9.7.0"],
  kysely: ["0.28.17"],
  undici: ["7.28.0", "8.2.0"],
  mysql2: ["3.9.8"],
  "@opentelemetry/exporter-prometheus": ["0.217.0"],
  "@opentelemetry/sdk-node": ["0.217.0"],
  "@opentelemetry/propagator-jaeger": ["2.9.0"],
  "fast-uri": ["3.1.7", "4.1.4"],
  "path-to-regexp": ["8.4.0"],
  qs: ["6.16.0"],
  multer: ["2.3.0"],
  jws: ["3.2.3", "4.0.1"],
  jsonwebtoken: ["9.0.3"],
};

/** What a connection's scheme needs to be installed. */
const DRIVERS: Readonly<Record<string, string>> = {
  postgres: "pg",
  postgresql: "pg",
  mysql: "mysql2",
  mariadb: "mysql2",
  redis: "@redis/client",
  rediss: "@redis/client",
  s3: "@aws-sdk/client-s3",
};

const floors: DoctorCheck = {
  name: "versions of packages",
  examine({ folder }) {
    return Object.entries(FLOORS).flatMap(([name, mended]): Finding[] => {
      const version = installedVersion(name, folder);
      if (version === undefined || isAtLeastOne(version, mended)) return [];
      return [
        {
          id: "package-vulnerable",
          severity: "error",
          what: `${name} ${version} is installed`,
          why: "Holes in it are known and published.",
          todo: `Update it to ${mended.join(" or ")} or later; \`npm ls ${name}\` says who wants it.`,
        },
      ];
    });
  },
};

const drivers: DoctorCheck = {
  name: "drivers",
  examine({ config: { databaseUrl, redisUrl, storageUrl }, folder }) {
    const wanted = { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, STORAGE_URL: storageUrl };
    return Object.entries(wanted).flatMap(([variable, url]): Finding[] => {
      const scheme = (url?.reveal() ?? "").split(":", 1)[0] as string;
      const name = Object.hasOwn(DRIVERS, scheme) ? (DRIVERS[scheme] as string) : undefined;
      if (name === undefined || installedVersion(name, folder) !== undefined) return [];
      return [
        {
          id: "driver-missing",
          severity: "error",
          what: `${variable} is a ${scheme} URL, and ${name} is not installed`,
          why: "What uses it does not start.",
          todo: `npm install ${name}`,
        },
      ];
    });
  },
};

/** As Node finds it from the app's folder, else from Plinth's own. */
function installedVersion(name: string, folder: string): string | undefined {
  return findVersion(name, folder) ?? findVersion(name, dirname(fileURLToPath(import.meta.url)));
}

function findVersion(name: string, folder: string): string | undefined {
  try {
    const manifest = JSON.parse(readFileSync(join(folder, "node_modules", name, "package.json"), "utf8")) as {
      version?: unknown;
    };
    return typeof manifest.version === "string" ? manifest.version : undefined;
  } catch {
    const parent = dirname(folder);
    return parent === folder ? undefined : findVersion(name, parent);
  }
}

/** Whether a version is at or above the floor of its own major version, or of a later major version than any that was mended. */
export function isAtLeastOne(version: string, floorsByMajor: readonly string[]): boolean {
  const [major = 0, ...rest] = numbers(version);
  const newest = numbers(floorsByMajor.at(-1) as string)[0] as number;
  if (major > newest) return true;
  return floorsByMajor.some((floor) => {
    const [floorMajor, ...floorRest] = numbers(floor);
    return floorMajor === major && compare(rest, floorRest) >= 0;
  });
}

function numbers(version: string): number[] {
  return (version.split(/[-+]/)[0] as string).split(".").map(Number);
}

function compare(left: readonly number[], right: readonly number[]): number {
  const minor = (left[0] ?? 0) - (right[0] ?? 0);
  return minor === 0 ? (left[1] ?? 0) - (right[1] ?? 0) : minor;
}

export const packageChecks: readonly DoctorCheck[] = [floors, drivers];
