/** `dprime demo`: the main job on an image that it draws itself, so that the truth is known. */
import type { DemoReport, Quality } from "../../workflows/demonstrate.ts";
import { short } from "../number-text.ts";
import { argument, number, text, whole } from "../options.ts";
import { force, threads } from "../shared-options.ts";
import { type Command, command, type CommandContext } from "./command.ts";

export const demo: Command = command({
  name: "demo",
  summary: "Draw a CT slice with faint lesions at a quarter dose, denoise it, and look for them.",
  description:
    "Draws an abdomen-like phantom in HU, scans it at a quarter of the dose (or adds white Gaussian noise, --sigma), writes truth and noisy slice as DICOM, denoises as `dprime denoise` does, and measures against the truth. Then it puts faint lesions into the slice and lets a model observer look for them before and after, beside the lesion-preserving form of the same method.",
  arguments: { folder: argument("the same as --output", { optional: true }) },
  options: {
    output: text("FOLDER", "where to leave the files; default: demo-output", { short: "o" }),
    force,
    seed: whole("anatomy and noise", { min: 0, max: 2 ** 32, default: 1 }),
    sigma: number("white noise in place of a scan's", { min: 0, max: 1000, unit: "HU" }),
    size: whole("side", { min: 64, max: 2048, unit: "px", default: 512 }),
    method: text(
      "NAME",
      "a member of `dprime list denoisers`; default: chosen as by `dprime denoise`",
    ),
    threads,
  },
  examples: [
    { line: "dprime demo", about: "files and figure in demo-output" },
    { line: "dprime demo -o out --seed 7 --sigma 40", about: "another anatomy, white noise" },
  ],
  async run({ folder, output, sigma: sigmaHU, ...values }, context) {
    const { demonstrate } = await import("../../workflows/demonstrate.ts");
    const report = await demonstrate(output ?? folder ?? "demo-output", {
      ...values,
      sigmaHU,
      footnote: `dprime demo --seed ${values.seed}${sigmaHU === undefined ? "" : ` --sigma ${sigmaHU}`} --size ${values.size}`,
      ...context.work,
    });
    printQuality(context, report);
    return report;
  },
});

function printQuality(context: CommandContext, report: DemoReport): void {
  const { size, seed, noise, level, lesions } = report;
  context.print(
    `${size} × ${size} abdomen phantom, seed ${seed}, ${noise.sigmaHU === undefined ? "CT at a quarter of the dose" : `white Gaussian noise of ${short(noise.sigmaHU)} HU`}; window -160 to 240 HU`,
  );
  context.print();
  context.table(
    [
      { title: "" },
      { title: "PSNR (dB)", align: "right" },
      { title: "SSIM", align: "right" },
      { title: "RMSE (HU)", align: "right" },
      { title: "noise (HU)", align: "right" },
    ],
    [
      ["before", ...cells(report.before)],
      [`after (${report.method})`, ...cells(report.after)],
    ],
  );
  context.print();
  context.print(
    `noise level told to the denoiser: ${short(level.sigma)} HU, ${level.method === "given" ? "given" : `estimated by ${level.method}`}; ${report.seconds.toFixed(2)} s`,
  );
  if (lesions === undefined) context.note("the slice is too small for lesions to look for");
  else printLesions(context, lesions);
  context.print(`wrote ${Object.values(report.files).join(", ")}`);
}

function printLesions(
  context: CommandContext,
  { diameterMm, contrastHU, places, lesions, rows }: NonNullable<DemoReport["lesions"]>,
): void {
  context.print();
  context.print(
    `lesions of ${diameterMm} mm and ${contrastHU} HU at ${lesions} of ${places} places of the organs; noise and RMSE are those of the places:`,
  );
  context.table(
    [
      { title: "" },
      { title: "noise (HU)", align: "right" },
      { title: "RMSE (HU)", align: "right" },
      { title: "PSNR (dB)", align: "right" },
      { title: "SSIM", align: "right" },
      { title: "contrast kept", align: "right" },
      { title: "AUC (95 %)" },
    ],
    rows.map((row) => [
      row.method,
      row.noiseHU.toFixed(1),
      row.rmseHU.toFixed(1),
      row.psnrDb.toFixed(1),
      row.ssim.toFixed(3),
      `${(100 * row.contrastKept.estimate).toFixed(0)} %`,
      `${row.auc.estimate.toFixed(2)} (${row.auc.lower.toFixed(2)}–${row.auc.upper.toFixed(2)})`,
    ]),
  );
  context.print();
}

const cells = (quality: Quality): string[] => [
  quality.psnrDb.toFixed(2),
  quality.ssim.toFixed(4),
  quality.rmseHU.toFixed(2),
  quality.noiseHU.toFixed(2),
];
