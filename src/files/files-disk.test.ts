import { existsSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { InputError } from "../core/errors.ts";
import { makeFolders } from "./files-disk.ts";

const folder = mkdtempSync(join(tmpdir(), "files-disk-"));

describe("makeFolders", () => {
  it("makes what is missing, and says where it began", async () => {
    const deep = join(folder, "a/b/c");
    expect(await makeFolders(deep)).toBe(join(folder, "a"));
    expect(existsSync(deep)).toBe(true);
    expect(await makeFolders(deep)).toBeUndefined();
    expect(await makeFolders(join(deep, "d"))).toBe(join(deep, "d"));
  });

  it("makes one folder once, however many ask", async () => {
    const firsts = await Promise.all(
      Array.from({ length: 8 }, () => makeFolders(join(folder, "many/of/them"))),
    );
    expect(existsSync(join(folder, "many/of/them"))).toBe(true);
    expect(firsts.filter((one) => one === join(folder, "many"))).toHaveLength(1);
  });

  it("names the folder that cannot be made", async () => {
    writeFileSync(join(folder, "file"), "");
    symlinkSync(join(folder, "nowhere"), join(folder, "dangling"));
    for (const name of ["file", "dangling"]) {
      const made = makeFolders(join(folder, name, "x"));
      await expect(made).rejects.toThrow(InputError);
      await expect(made).rejects.toThrow(
        `Cannot make the folder ${join(folder, name)}: found a file where a folder was wanted`,
      );
    }
  });

  it.runIf(process.platform === "linux")("ends where a file system takes no folders", async () => {
    const made = makeFolders("/proc/nope/x/y");
    await expect(made).rejects.toThrow(/^Cannot make the folder \/proc\/nope: found /);
    await expect(made).rejects.toThrow(InputError);
  });
});
