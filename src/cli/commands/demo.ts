/** `dprime demo`: the main job on an image that it draws itself, so that the truth is known. */
import type { DemoReport, Quality } from "../../workflows/demonstrate.ts";
import { short } from "../number-text.ts";
import { argument, number, text, whole } from "../options.ts";
import { force, threads } from "../shared-options.ts";
import { type Command, command, type CommandContext } from "./command.ts";

export const demo: Command = command({
  name: "demo",
  summary: "Draw a noisy CT slice, denoise it, and compare with the truth.",
  description:
    "Draws an abdomen-like phantom in HU, adds white Gaussian noise, writes both as DICOM, denoises the noisy one as `dprime denoise` does, and measures the result against the truth in the window from -160 to 240 HU.",
  arguments: { folder: argument("the same as --output", { optional: true }) },
  options: {
    output: text("FOLDER", "where to leave the files; default: demo-output", { short: "o" }),
    force,
    seed: whole("anatomy and noise", { min: 0, max: 2 ** 32, default: 1 }),
    sigma: number("noise to add", { min: 0, max: 1000, unit: "HU", default: 25 }),
    size: whole("side", { min: 64, max: 2048, unit: "px", default: 512 }),
    method: text(
      "NAME",
      "a member of `dprime list denoisers`; default: chosen as by `dprime denoise`",
    ),
    threads,
  },
  examples: [
    { line: "dprime demo", about: "files and figure in demo-output" },
    { line: "dprime demo -o out --seed 7 --sigma 40", about: "another anatomy, more noise" },
  ],
  async run({ folder, output, sigma: sigmaHU, ...values }, context) {
    const { demonstrate } = await import("../../workflows/demonstrate.ts");
    const report = await demonstrate(output ?? folder ?? "demo-output", {
      ...values,
      sigmaHU,
      footnote: `dprime demo --seed ${values.seed} --sigma ${sigmaHU} --size ${values.size}`,
      ...context.work,
    });
    printQuality(context, report);
    return report;
  },
});

function printQuality(context: CommandContext, report: DemoReport): void {
  const { size, seed, sigmaHU, level } = report;
  context.print(
    `${size} × ${size} abdomen phantom, seed ${seed}, white Gaussian noise of ${short(sigmaHU)} HU; window -160 to 240 HU`,
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
  context.print(`wrote ${Object.values(report.files).join(", ")}`);
}

const cells = (quality: Quality): string[] => [
  quality.psnrDb.toFixed(2),
  quality.ssim.toFixed(4),
  quality.rmseHU.toFixed(2),
  quality.noiseHU.toFixed(2),
];
