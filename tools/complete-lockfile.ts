/**
 * Adds to package-lock.json the optional platform packages that npm left out because the registry in
 * use did not serve them. `npm ci` refuses a lock file without them, on every machine; with them it
 * passes over those of other platforms. `--check` fails when some are missing.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export interface LockedPackage {
  readonly version?: string;
  readonly optional?: boolean;
  readonly dev?: boolean;
  readonly license?: string;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

type Packages = Readonly<Record<string, LockedPackage>>;

const system =
  /(aix|android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32)[-_](arm64|arm|x64|ia32|ppc64|riscv64|s390x|loong64|mips64el)/;

/** Entries that are missing, by their key; only exact versions for one platform are added. */
export function missingEntries(packages: Packages): Record<string, LockedPackage> {
  const names = new Set(Object.keys(packages).map((key) => key.replace(/^.*node_modules\//, "")));
  const missing: Record<string, LockedPackage> = {};
  for (const owner of Object.values(packages)) {
    for (const [name, version] of Object.entries(owner.optionalDependencies ?? {})) {
      const found = system.exec(name);
      if (names.has(name) || found === null || !/^\d+\.\d+\.\d+$/.test(version)) continue;
      const [, os = "", cpu = ""] = found;
      const libc = name.includes("musl") ? ["musl"] : name.includes("gnu") ? ["glibc"] : undefined;
      missing[`node_modules/${name}`] = {
        version,
        cpu: [cpu],
        ...(owner.dev ? { dev: true } : {}),
        ...(libc && os === "linux" ? { libc } : {}),
        ...(owner.license ? { license: owner.license } : {}),
        optional: true,
        os: [os],
      };
    }
  }
  return missing;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const path = join(dirname(fileURLToPath(import.meta.url)), "..", "package-lock.json");
  const lock = JSON.parse(readFileSync(path, "utf8")) as { packages: Packages };
  const missing = missingEntries(lock.packages);
  const count = Object.keys(missing).length;
  if (count > 0 && process.argv.includes("--check")) {
    console.error(`package-lock.json lacks ${count} platform packages; run npm run lockfile`);
    process.exitCode = 1;
  } else if (count > 0) {
    const sorted = Object.entries({ ...lock.packages, ...missing }).sort(([a], [b]) =>
      a < b ? -1 : 1,
    );
    writeFileSync(
      path,
      `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`,
    );
    console.log(`package-lock.json: added ${count} platform packages`);
  }
}
