import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { DoctorCheck } from "../../app/mod.ts";
import type { Finding } from "../../core/mod.ts";
import { PACKAGE_FLOORS, isAtLeast } from "./package-floors.ts";

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

/** The version of a package that an app in this folder would load; undefined when there is none. */
type VersionLookup = (name: string, folder: string) => string | undefined;

/** @param versionOf where installed versions are looked up */
export function createPackageChecks(versionOf: VersionLookup): readonly DoctorCheck[] {
  return [createFloors(versionOf), createDrivers(versionOf)];
}

const createFloors = (versionOf: VersionLookup): DoctorCheck => ({
  name: "versions of packages",
  examine({ folder }) {
    return Object.entries(PACKAGE_FLOORS).flatMap(([name, mended]): Finding[] => {
      const version = versionOf(name, folder);
      if (version === undefined || isAtLeast(version, mended)) return [];
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
});

const createDrivers = (versionOf: VersionLookup): DoctorCheck => ({
  name: "drivers",
  examine({ config: { databaseUrl, redisUrl, storageUrl }, folder }) {
    const wanted = { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, STORAGE_URL: storageUrl };
    return Object.entries(wanted).flatMap(([variable, url]): Finding[] => {
      const scheme = (url?.reveal() ?? "").split(":", 1)[0] as string;
      const name = Object.hasOwn(DRIVERS, scheme) ? (DRIVERS[scheme] as string) : undefined;
      if (name === undefined || versionOf(name, folder) !== undefined) return [];
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
});

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

export const packageChecks: readonly DoctorCheck[] = createPackageChecks(installedVersion);
