/** Begins a file and a folder in the folder named by its argument, says so, and waits to be killed. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openSink } from "../src/files/files-sink.ts";
import { writeFolder } from "../src/workflows/output.ts";

const place = process.argv[2]!;
const sink = await openSink(join(place, "volume.nii"));
await sink.write(new Uint8Array(1000));
await writeFolder(join(place, "series"), async (folder) => {
  writeFileSync(join(folder, "a.dcm"), "begun");
  process.stdout.write("begun\n");
  await new Promise((resolve) => setTimeout(resolve, 600_000));
});
