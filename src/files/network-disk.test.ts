import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { networkFileSystem } from "./network-disk.ts";

const mounts = async () =>
  "proc /proc proc rw 0 0\nhost:/x /data\\040sets fuse.sshfs rw 0 0\n/dev/sdb /data\\040sets/own fuseblk rw 0 0\n";

it("knows network file systems by their number, also for what is not written yet", async () => {
  const typeOf = async (path: string) => {
    if (path.startsWith("/home/anna")) throw new Error("ENOENT");
    return path === "/home" ? 0x6969 : 0xef53;
  };
  expect(await networkFileSystem("/home/anna/store.sqlite", { typeOf, mounts })).toBe("nfs");
  expect(await networkFileSystem("/var/store.sqlite", { typeOf, mounts })).toBeUndefined();
  // Some systems give the number with a sign.
  const cifs = async () => 0xff534d42 | 0;
  expect(await networkFileSystem("/a", { typeOf: cifs, mounts })).toBe("cifs");
});

it("looks behind FUSE for the mount that is nearest", async () => {
  const typeOf = async () => 0x65735546;
  expect(await networkFileSystem("/data sets/a.sqlite", { typeOf, mounts })).toBe("fuse.sshfs");
  expect(await networkFileSystem("/data sets/own/a", { typeOf, mounts })).toBeUndefined();
  expect(await networkFileSystem("/data setsX/a", { typeOf, mounts })).toBeUndefined();
});

it("finds this machine's folder for temporary files local", async () => {
  expect(await networkFileSystem(join(tmpdir(), "nothing", "there"))).toBeUndefined();
});
