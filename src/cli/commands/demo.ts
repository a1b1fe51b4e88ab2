/** `dprime demo`: the main job on an image that it draws itself, so that the truth is known. */
import type { Command } from "./command.ts";

export const demo: Command = {
  name: "demo",
  summary: "Draw a noisy CT slice, denoise it, and compare with the truth.",
  description:
    "Draws an abdomen-like phantom in HU, adds white Gaussian noise, writes both as DICOM, denoises the noisy one\nas `dprime denoise` does, and measures the result against the truth in the window from -160 to 240 HU.",
  arguments: [
    { name: "folder", about: "where to leave the files; demo-output when absent", optional: true },
  ],
  options: [
    { name: "seed", type: "integer", min: 0, max: 2 ** 32, default: 1, about: "anatomy and noise" },
    {
      name: "sigma",
      type: "number",
      min: 0,
      max: 1000,
      unit: "HU",
      default: 25,
      about: "noise to add",
    },
    { name: "size", type: "integer", min: 64, max: 2048, unit: "px", default: 512, about: "side" },
    {
      name: "method",
      type: "text",
      placeholder: "NAME",
      about: "a member of `dprime list denoisers`; the default model when absent",
    },
    { name: "threads", type: "integer", min: 1, max: 256, about: "threads to use" },
  ],
  examples: [
    { line: "dprime demo", about: "files and figure in demo-output" },
    { line: "dprime demo out --seed 7 --sigma 40", about: "another anatomy, more noise" },
  ],
  async run(context) {
    const { demonstrate } = await import("../../workflows/demonstrate.ts");
    const { values } = context;
    const report = await demonstrate(values.text("folder") ?? "demo-output", {
      seed: values.number("seed") ?? 1,
      sigmaHU: values.number("sigma") ?? 25,
      size: values.number("size") ?? 512,
      method: values.text("method"),
      threads: values.number("threads"),
      signal: context.signal,
      onProgress: context.onProgress,
    });
    const number = (x: number): string => String(Number(x.toPrecision(4)));
    context.print(
      `${report.size} × ${report.size} abdomen phantom, seed ${report.seed}, white Gaussian noise of ${number(report.sigmaHU)} HU; window -160 to 240 HU`,
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
        ["before", ...row(report.before)],
        [`after (${report.method})`, ...row(report.after)],
      ],
    );
    context.print();
    context.print(
      `noise level told to the denoiser: ${number(report.level.sigma)} HU, ${report.level.method === "given" ? "given" : `estimated by ${report.level.method}`}; ${report.seconds.toFixed(2)} s`,
    );
    context.print(`wrote ${Object.values(report.files).join(", ")}`);
    context.result({ command: "demo", ...report });
  },
};

function row(quality: { psnrDb: number; ssim: number; rmseHU: number; noiseHU: number }): string[] {
  return [
    quality.psnrDb.toFixed(2),
    quality.ssim.toFixed(4),
    quality.rmseHU.toFixed(2),
    quality.noiseHU.toFixed(2),
  ];
}
