import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";
import { clearLeftovers, temporaryName, writeWhole } from "../src/files/files.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "dprime-leftovers-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A process that has begun to write a file and a folder. */
async function writer(place: string) {
  const child = spawn(
    process.execPath,
    ["--import", "tsx", join(root, "test", "leftover-child.ts"), place],
    { cwd: root, stdio: ["ignore", "pipe", "inherit"] },
  );
  await once(child.stdout, "data");
  return child;
}

it("of a killed run go with the next run there; those of a living one, and names of others, stay", async () => {
  const living = await writer(folder);
  try {
    const livingNames = readdirSync(folder);
    expect(livingNames).toHaveLength(2);
    const killed = await writer(folder);
    killed.kill("SIGKILL");
    await once(killed, "exit");
    expect(readdirSync(folder)).toHaveLength(4);

    // The same process on another machine: its number says nothing here.
    const elsewhere = (name: string) =>
      temporaryName(join(folder, name))
        .replace(/\.[0-9a-f]{8}-[0-9]+-/, `.00000000-${killed.pid}-`)
        .slice(folder.length + 1);
    const [young, old] = [elsewhere("young.nii"), elsewhere("old.nii")];
    const others = [
      ".part",
      "a.part",
      ".volume.nii.0123456789ab.part",
      livingNames[0]!.replace(`-${living.pid}-`, `-${killed.pid}-`).replace(/$/, "2"),
      livingNames[0]!.replace(/^\./, "").replace(`-${living.pid}-`, `-${killed.pid}-`),
    ];
    for (const name of [young, old, ...others]) writeFileSync(join(folder, name), "kept?");
    const dayAgo = Date.now() / 1000 - 25 * 3600;
    for (const name of [old, ...others]) utimesSync(join(folder, name), dayAgo, dayAgo);

    await writeWhole([{ path: join(folder, "next.txt"), bytes: new Uint8Array(3) }]);
    expect(readdirSync(folder).sort()).toEqual(
      [...livingNames, young, ...others, "next.txt"].sort(),
    );
  } finally {
    living.kill("SIGKILL");
    await once(living, "exit");
  }
  // Once for each folder and process.
  await clearLeftovers(folder);
  expect(readdirSync(folder)).toHaveLength(9);
}, 120_000);
