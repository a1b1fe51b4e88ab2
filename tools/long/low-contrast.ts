/**
 * Low-contrast detectability against dose on the module of the MITA body phantom: fan-beam scans of
 * water with and without inserts, Laguerre–Gauss channelised Hotelling observer, AUC with intervals.
 *
 *   npx tsx tools/long/low-contrast.ts [cases per class = 100] [quanta at full dose = 3e5] [diameter mm = 200]
 *
 * Published curves (LCD_CT, FBP, large set), 10 mm / 3 HU: .70 .84 .885 .90 .90 .925 .95 and
 * 7 mm / 5 HU: .78 .86 .93 .965 .99 .99 .985 at 10, 25, 40, 55, 70, 85 and 100 % dose.
 */
import { makeImage, type Image } from "../../src/core/image.ts";
import { streamOf } from "../../src/core/random.ts";
import { casesOf, observe, type Arm } from "../../src/observers/index.ts";
import { cho } from "../../src/observers/cho.ts";
import { insertsOf, waterInserts } from "../../src/phantoms/water-inserts.ts";
import {
  attenuation,
  attenuationToHounsfield,
  filteredBackprojection,
  hounsfieldToAttenuation,
  measureLineIntegrals,
  pediatricScanner,
  planarProjector,
} from "../../src/physics/index.ts";

const perClass = Number(process.argv[2] ?? 100);
const photons = Number(process.argv[3] ?? 3e5);
const diameterMm = Number(process.argv[4] ?? 200);
const size = 256;
const doses = [0.1, 0.25, 0.4, 0.55, 0.7, 0.85, 1];

const geometry = pediatricScanner;
const waterPerMm = attenuation("water", 70);
const pixel = (1.1 * diameterMm) / size;
const grid = { nx: size, ny: size, pixelMm: [pixel, pixel], centreMm: [0, 0] } as const;
const parameters = { size, diameterMm };
const projector = planarProjector(geometry, grid);
const sinograms = [true, false].map((present) =>
  projector.apply(
    hounsfieldToAttenuation(
      waterInserts.draw(streamOf(1), { ...parameters, present }).image.data,
      waterPerMm,
    ),
  ),
);
const shares = new Float64Array(geometry.detector.channels).fill(1);
const inserts = insertsOf(parameters);

function scan(sinogram: Float32Array, dose: number, ...name: (string | number)[]): Float32Array {
  const { values } = measureLineIntegrals(sinogram, {
    exposure: { photons, dose, electronicSd: 5, floorCounts: 0.5 },
    shares,
    stream: streamOf(2024, ...name),
  });
  return attenuationToHounsfield(
    filteredBackprojection(values, { geometry, grid, kernel: "sharp" }),
    waterPerMm,
  );
}

/** Square about an insert, three diameters wide and at least 24 mm. */
function region(values: Float32Array, n: number): Image {
  const insert = inserts[n]!;
  const half = Math.round(Math.max(1.5 * insert.diameterMm, 12) / pixel);
  const side = 2 * half + 1;
  const ci = Math.round(insert.xMm / pixel + (size - 1) / 2);
  const cj = Math.round(insert.yMm / pixel + (size - 1) / 2);
  const out = new Float32Array(side * side);
  for (let j = 0; j < side; j++) {
    for (let i = 0; i < side; i++)
      out[j * side + i] = values[(cj + j - half) * size + ci + i - half]!;
  }
  return makeImage(out, [side, side], { spacing: [1, pixel, pixel], unit: "HU" });
}

const arms: Arm[][] = inserts.map(() => []);
for (const dose of doses) {
  const regions = inserts.map(() => ({ present: [] as Image[], absent: [] as Image[] }));
  for (let c = 0; c < perClass; c++) {
    const present = scan(sinograms[0]!, dose, "present", Math.round(dose * 100), c);
    const absent = scan(sinograms[1]!, dose, "absent", Math.round(dose * 100), c);
    regions.forEach((r, n) => {
      r.present.push(region(present, n));
      r.absent.push(region(absent, n));
    });
  }
  regions.forEach((r, n) =>
    arms[n]!.push({
      name: `${Math.round(dose * 100)} %`,
      present: casesOf(r.present),
      absent: casesOf(r.absent),
    }),
  );
  console.error(`dose ${dose} done`);
}
for (const [n, insert] of inserts.entries()) {
  const observed = await observe(arms[n]!, [{ observer: cho }], {
    known: { radius: insert.diameterMm / 2 / pixel },
    paired: false,
  });
  console.log(`${insert.diameterMm} mm / ${insert.contrastHU} HU`);
  for (const row of observed.rows) {
    const a = row.area;
    console.log(
      a === undefined
        ? `  ${row.arm}: ${row.cause}`
        : `  ${row.arm.padStart(5)}  AUC ${a.estimate.toFixed(3)}  [${a.interval.lower.toFixed(3)}, ${a.interval.upper.toFixed(3)}]`,
    );
  }
}
