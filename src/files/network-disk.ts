/** Whether a path lies on a disk of this machine. */
import { readFile, statfs } from "node:fs/promises";
import { dirname } from "node:path";

/** Types of file systems by the number that the kernel gives them (statfs(2), linux/magic.h). */
const networkTypes: ReadonlyMap<number, string> = new Map([
  [0x6969, "nfs"],
  [0x517b, "smb"],
  [0xff534d42, "cifs"],
  [0xfe534d42, "smb2"],
  [0x0bd00bd0, "lustre"],
  [0x47504653, "gpfs"],
  [0x19830326, "beegfs"],
  [0x00c36400, "ceph"],
  [0x5346414f, "afs"],
  [0x6b414653, "kafs"],
  [0x73757245, "coda"],
  [0x01021997, "9p"],
  [0xaad7aaea, "panfs"],
  [0x7461636f, "ocfs2"],
  [0x01161970, "gfs2"],
  [0x20030528, "pvfs2"],
]);

/** What FUSE carries tells only the table of mounts. */
const fuse = 0x65735546;
const networkFuse =
  /^fuse\.(sshfs|glusterfs|cephfs|ceph|s3fs|rclone|moosefs|mfs|lizardfs|juicefs|gcsfuse|davfs\w*|cvmfs2?|beegfs|nfs\w*|smb\w*)$/;

export interface DiskLook {
  /** Type number of the file system of a path. */
  readonly typeOf?: (path: string) => Promise<number>;
  /** Text of /proc/self/mounts. */
  readonly mounts?: () => Promise<string>;
}

/**
 * The name of the network file system on which a path lies, or would lie once it is written; undefined for
 * a local disk and where the system does not say.
 */
export async function networkFileSystem(
  path: string,
  { typeOf = kernelType, mounts = () => readFile("/proc/self/mounts", "utf8") }: DiskLook = {},
): Promise<string | undefined> {
  let place = path;
  let type: number | undefined;
  for (;;) {
    type = await typeOf(place).catch(() => undefined);
    const above = dirname(place);
    if (type !== undefined || above === place) break;
    place = above;
  }
  if (type === undefined) return undefined;
  if (type !== fuse) return networkTypes.get(type >>> 0);
  let longest = "";
  let found: string | undefined;
  for (const line of (await mounts().catch(() => "")).split("\n")) {
    const [, mounted = "", kind = ""] = line.split(" ");
    const at = mounted.replace(/\\([0-7]{3})/g, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 8)),
    );
    const inside = place === at || place.startsWith(at.endsWith("/") ? at : `${at}/`);
    if (!inside || at.length < longest.length) continue;
    longest = at;
    found = kind;
  }
  return found !== undefined && networkFuse.test(found) ? found : undefined;
}

const kernelType = async (path: string): Promise<number> => (await statfs(path)).type;
