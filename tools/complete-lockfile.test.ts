import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { missingEntries } from "./complete-lockfile.ts";

it("adds what one platform needs, and nothing that is there or has no exact version", () => {
  const packages = {
    "node_modules/tool": {
      version: "2.0.0",
      dev: true,
      license: "MIT",
      optionalDependencies: {
        "@tool/linux-x64": "2.0.0",
        "@tool/linux-arm64-musl": "2.0.0",
        "@tool/win32-x64-msvc": "2.0.0",
        fsevents: "~2.3.3",
      },
    },
    "node_modules/@tool/linux-x64": { version: "2.0.0" },
  };
  expect(missingEntries(packages)).toEqual({
    "node_modules/@tool/linux-arm64-musl": {
      version: "2.0.0",
      dev: true,
      license: "MIT",
      optional: true,
      os: ["linux"],
      cpu: ["arm64"],
      libc: ["musl"],
    },
    "node_modules/@tool/win32-x64-msvc": {
      version: "2.0.0",
      dev: true,
      license: "MIT",
      optional: true,
      os: ["win32"],
      cpu: ["x64"],
    },
  });
});

it("finds this project's lock file complete, so that `npm ci` takes it", () => {
  const path = join(import.meta.dirname, "..", "package-lock.json");
  const lock = JSON.parse(readFileSync(path, "utf8"));
  expect(Object.keys(missingEntries(lock.packages))).toEqual([]);
});
