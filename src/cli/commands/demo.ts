/** `dprime demo`: the main job on an image that it draws itself, so that the truth is known. */
import type { DemoReport } from "../../workflows/demonstrate.ts";
import { percent, short } from "../number-text.ts";
import { argument, number, text, whole } from "../options.ts";
import { force, outputFolder, seed, threads } from "../shared-options.ts";
import { type Command, command, type CommandContext } from "./command.ts";

export const demo: Command = command({
  name: "demo",
  summary: "Draw a CT slice with faint lesions at a quarter dose, denoise it, and look for them.",
  description:
    "Draws an abdomen-like phantom in HU, scans it at a quarter of the dose (or adds white Gaussian noise, --sigma), writes truth and noisy slice as DICOM, denoises as `dprime denoise` does, and measures against the truth. Then it inserts faint lesions and lets a model observer look for them before and after denoising, and after the lesion-preserving form of the same method.",
  arguments: { folder: argument("the same as --output", { optional: true }) },
  options: {
    output: outputFolder("folder for the files; default: demo-output"),
    force,
    seed: seed("anatomy and noise"),
    sigma: number("white noise in place of a scan", { min: 0, max: 1000, unit: "HU" }),
    size: whole("side of the slice", { min: 64, max: 2048, unit: "px", default: 512 }),
    method: text(
      "NAME",
      "a member of `dprime list denoisers`; default: as `dprime denoise` chooses",
    ),
    threads,
  },
  examples: {
    "dprime demo": "files and figure in demo-output",
    "dprime demo -o out --seed 7 --sigma 40": "another anatomy, white noise",
  },
  async run({ folder, output = folder ?? "demo-output", sigma: sigmaHU, ...values }, context) {
    const { demonstrate } = await import("../../workflows/demonstrate.ts");
    const report = await demonstrate(output, {
      ...values,
      sigmaHU,
      footnote: `dprime demo --seed ${values.seed}${sigmaHU === undefined ? "" : ` --sigma ${sigmaHU}`} --size ${values.size}`,
      ...context.work,
    });
    printQuality(context, report);
    printLesions(context, report);
    context.print(`wrote ${Object.values(report.files).join(", ")}`);
    return report;
  },
});

function printQuality(context: CommandContext, report: DemoReport): void {
  const { size, seed: drawn, noise, level, before, after } = report;
  const what =
    noise.sigmaHU === undefined
      ? "CT at a quarter of the dose"
      : `white Gaussian noise of ${short(noise.sigmaHU)} HU`;
  context.print(`${size} × ${size} abdomen phantom, seed ${drawn}, ${what}; window -160 to 240 HU`);
  context.print();
  const rows = [
    { name: "before", ...before },
    { name: `after (${report.method})`, ...after },
  ];
  context.table(rows, [
    ["", ({ name }) => name],
    ["PSNR (dB)", ({ psnrDb }) => psnrDb.toFixed(2)],
    ["SSIM", ({ ssim }) => ssim.toFixed(4)],
    ["RMSE (HU)", ({ rmseHU }) => rmseHU.toFixed(2)],
    ["noise (HU)", ({ noiseHU }) => noiseHU.toFixed(2)],
  ]);
  context.print();
  const source = level.method === "given" ? "given" : `estimated by ${level.method}`;
  context.print(
    `noise level passed to the denoiser: ${short(level.sigma)} HU, ${source}; ${report.seconds.toFixed(2)} s`,
  );
}

function printLesions(context: CommandContext, { lesions: found }: DemoReport): void {
  if (found === undefined) {
    context.note("the slice is too small to insert lesions");
    return;
  }
  const { diameterMm, contrastHU, places, lesions, rows } = found;
  context.print();
  context.print(
    `lesions of ${diameterMm} mm and ${contrastHU} HU at ${lesions} of ${places} places in the organs; noise and RMSE at these places:`,
  );
  context.table(rows, [
    ["", ({ method }) => method],
    ["noise (HU)", ({ noiseHU }) => noiseHU.toFixed(1)],
    ["RMSE (HU)", ({ rmseHU }) => rmseHU.toFixed(1)],
    ["PSNR (dB)", ({ psnrDb }) => psnrDb.toFixed(1)],
    ["SSIM", ({ ssim }) => ssim.toFixed(3)],
    ["contrast kept", ({ contrastKept }) => percent(Number(contrastKept.estimate.toFixed(2)))],
    [
      "AUC (95 %)",
      ({ auc }) => `${auc.estimate.toFixed(2)} (${auc.lower.toFixed(2)}–${auc.upper.toFixed(2)})`,
    ],
  ]);
  context.print();
}
