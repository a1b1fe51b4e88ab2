/** Whether the tasks of a cluster can reach a store. */
import { hostname } from "node:os";
import { InputError } from "../../core/errors.ts";
import { type DiskLook, networkFileSystem } from "../../files/network-disk.ts";

/** Names by which every machine means itself. */
const ownNames = new Set(["", "localhost", "127.0.0.1", "[::1]", "::1"]);

/**
 * @param place of an open store, without its password
 * @param options.others names of the machines other than this one on which tasks may run; undefined when
 *   they are not known
 * @throws InputError where tasks could not use it
 */
export async function checkSharedStore(
  place: string,
  { others, disk }: { others: readonly string[] | undefined; disk?: DiskLook },
): Promise<void> {
  const elsewhere = others === undefined || others.length > 0;
  const where = othersText(others);
  if (/^postgres(ql)?:\/\//.test(place)) {
    const url = new URL(place);
    const host = url.searchParams.get("host") ?? url.hostname;
    if (!elsewhere || !(ownNames.has(host) || host.startsWith("/"))) return;
    throw new InputError(
      `Cannot share the store ${place}: found the host ${host.startsWith("/") ? `${host}, a socket` : host || "of this machine"}, which ${where} cannot reach, wanted the name of the server as they know it, such as ${hostname()}`,
    );
  }
  const network = await networkFileSystem(place, disk);
  if (network !== undefined) {
    throw new InputError(
      `Cannot share the store ${place}: found a file of SQLite on a network folder (${network}), where its locks do not hold, wanted option store postgres://…`,
    );
  }
  if (elsewhere) {
    throw new InputError(
      `Cannot share the store ${place}: found a file on a disk of this machine, which ${where} cannot reach, wanted option store postgres://… or option on local`,
    );
  }
}

function othersText(others: readonly string[] | undefined): string {
  if (others === undefined) return "tasks on other machines";
  const [first = "", second] = others;
  if (second === undefined) return `tasks on ${first}`;
  return others.length === 2
    ? `tasks on ${first} and ${second}`
    : `tasks on ${first}, ${second} and ${others.length - 2} more machines`;
}
