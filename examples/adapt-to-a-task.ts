/** The shipped network adapted to one image and to a disk that a reader looks for in it. */
import { adapt, makeImage, streamOf } from "dprime";

const [stream, side] = [streamOf(2, "adapt"), 32];
const far = (i: number) => Math.hypot((i % side) - 16, Math.floor(i / side) - 16);
const disk = Float32Array.from({ length: side ** 2 }, (_, i) => (far(i) < 3 ? 1 : 0));
const values = disk.map((v) => 40 + 15 * v + 20 * stream.normal());
const noisy = makeImage(values, [side, side], { unit: "HU" });
const { planes } = await adapt(noisy, { templates: [disk], beta: 1e4, sigma: 20 });
const [response] = planes[0]!.statistics;
console.log(`the disk's response: ${response!.noisy} before, ${response!.adapted} after`);
process.exit(0);
