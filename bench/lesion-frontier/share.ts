/**
 * What the share of the dial costs, in closed form and without any scan: noise that the flat-top band lets through after
 * filtered backprojection (ramp with the window 0.6 + 0.4 cos πf/f_N), and what it keeps of sharp disks.
 */
import { bandKeeping, shareKept } from "../../src/denoise/preserving/band.ts";

export function printShares(pitches: readonly number[]): void {
  console.log(
    "| share of a 5 mm disk | noise let through, pixels of " +
      pitches.map((pitch) => `${pitch} mm`).join(" / ") +
      " | kept of 3 / 5 / 7 / 10 mm |\n|---|---|---|",
  );
  for (const share of [0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9]) {
    const { transfer } = bandKeeping({ diameterMm: 5, share, form: "flat-top", dimensions: 2 });
    const noise = pitches.map((pitch) => {
      const nyquist = 0.5 / pitch;
      let [passed, all] = [0, 0];
      for (let f = 0.0005; f < 1.2 * nyquist; f += 0.001) {
        const window = 0.6 + 0.4 * Math.cos(Math.PI * Math.min(1, f / nyquist));
        const power = f * window ** 2 * f;
        passed += transfer(f) ** 2 * power;
        all += power;
      }
      return Math.sqrt(passed / all).toFixed(3);
    });
    const kept = [3, 5, 7, 10].map((diameterMm) =>
      shareKept(transfer, { diameterMm, dimensions: 2 }).toFixed(2),
    );
    console.log(`| ${share} | ${noise.join(" / ")} | ${kept.join(" / ")} |`);
  }
}
