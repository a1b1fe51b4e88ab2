/** Three denoisers on one's own CT series, here a drawn one: which keeps a faint disk, at which dose. */
import { compare, makeImage, streamOf } from "dprime";

const stream = streamOf(1, "series");
const body = (i: number) => Math.hypot((i % 96) - 48, (Math.floor(i / 96) % 96) - 48) < 44;
const hu = Float32Array.from({ length: 7 * 96 ** 2 }, (_, i) => (body(i) ? 60 : -1000));
const noisy = hu.map((v) => v + 15 * stream.normal());
const series = makeImage(noisy, [7, 96, 96], { unit: "HU", spacing: [5, 1, 1] });
const { result } = await compare(series, {
  methods: ["default", "bilateral", "median"],
  doses: [1, 0.5],
  lookFor: { shape: "disk", diameterMm: 6, contrast: 8 },
});
console.log(result.verdict);
process.exit(0);
