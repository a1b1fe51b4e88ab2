/** The main job on a phantom, through the same doors as on a patient's image. */
import { basename, join } from "node:path";
import { InputError } from "../core/errors.ts";
import { type Image, withData } from "../core/image.ts";
import type { WorkOptions } from "../core/progress.ts";
import { streamOf } from "../core/random.ts";
import { comparisonSvg, ctWindows } from "../figures/index.ts";
import { writeNewDicom } from "../dicom/create.ts";
import { openFile } from "../files/files.ts";
import type { Metric } from "../metrics/metric.ts";
import { psnr } from "../metrics/psnr.ts";
import { rmse } from "../metrics/rmse.ts";
import { ssim } from "../metrics/ssim.ts";
import { gaussian } from "../noise/gaussian.ts";
import { abdomen } from "../phantoms/abdomen.ts";
import { simulate } from "./simulate.ts";
import { noiseOfImage } from "../denoise/noise-level/noise-of-image.ts";
import type { DenoisedFigures } from "./denoise.ts";
import { preservingName } from "./choice/open-methods.ts";
import { type DemoLesions, demoLesions, lesionMm } from "./demo-lesions.ts";
import { denoiseFiles } from "./denoise-files.ts";
import { checkFolder, type OutputOptions, writeFiles, writePicture } from "./output.ts";

export interface DemoOptions extends WorkOptions, OutputOptions {
  readonly seed: number;
  /** White Gaussian noise of that level in place of a scan at a quarter of the dose. */
  readonly sigmaHU?: number | undefined;
  /** Side of the slice in pixels. */
  readonly size: number;
  /** As `denoise` takes it. */
  readonly method?: string | undefined;
  readonly threads?: number | undefined;
  /** Last line of the figure, such as the command that makes it again. */
  readonly footnote?: string;
}

/** Against the truth, in the soft-tissue window. */
export interface Quality {
  readonly psnrDb: number;
  readonly ssim: number;
  readonly rmseHU: number;
  /** Estimated without the truth. */
  readonly noiseHU: number;
}

export interface DemoReport {
  readonly seed: number;
  /** `scan` at a quarter of the dose, or `white` noise of so many HU. */
  readonly noise: { readonly kind: "scan" | "white"; readonly sigmaHU?: number };
  readonly size: number;
  readonly method: string;
  /** Where the slice has room for lesions. */
  readonly lesions?: Omit<DemoLesions, "svg">;
  readonly window: { readonly low: number; readonly high: number };
  readonly level: DenoisedFigures["level"];
  readonly before: Quality;
  readonly after: Quality;
  readonly seconds: number;
  readonly files: {
    readonly truth: string;
    readonly noisy: string;
    readonly denoised: string;
    readonly figure: string;
  };
}

const window = ctWindows["soft-tissue"];
/** Of the scan that the demo denoises. */
const dose = 0.25;
/** The classical method that the benchmark finds best on CT. */
const bestClassical = "bm3d";

/** Leaves truth, noisy and denoised slice as DICOM and a figure in the folder. */
export async function demonstrate(folder: string, options: DemoOptions): Promise<DemoReport> {
  const { seed, sigmaHU, size, method, threads, force, footnote, signal, onProgress } = options;
  const files = {
    truth: join(folder, "truth.dcm"),
    noisy: join(folder, "noisy.dcm"),
    denoised: join(folder, "denoised.dcm"),
    figure: join(folder, "figure.png"),
  };
  const own = Object.values(files).map((path) => basename(path));
  await checkFolder(folder, { force, own: (names) => names.every((name) => own.includes(name)) });
  const { truth, noisyObject } = await drawn(options);
  const noiseText = sigmaHU === undefined ? "CT at a quarter of the dose" : `noise ${sigmaHU} HU`;
  for (const [path, image, what] of [
    [files.truth, truth, "simulated abdomen"],
    [files.noisy, noisyObject, `simulated abdomen, ${noiseText}`],
  ] as const) {
    const { bytes } = await writeNewDicom(image, {
      seriesDescription: what,
      studyDescription: "dprime demo",
      synthetic: true,
      window: { centre: (window.low + window.high) / 2, width: window.high - window.low },
    });
    await writeFiles([{ path, bytes }]);
  }
  const started = performance.now();
  const report = await denoiseFiles(files.noisy, files.denoised, {
    method,
    threads,
    force: true,
    signal,
    onProgress,
  });
  const seconds = (performance.now() - started) / 1000;
  const read = async (path: string): Promise<Image> => (await openFile(path)).images[0]!.image;
  const noisy = await read(files.noisy);
  const denoised = await read(files.denoised);
  const before = qualityOf(noisy, truth);
  const after = qualityOf(denoised, truth);
  const notes = (q: Quality): string[] => [
    `PSNR ${q.psnrDb.toFixed(2)} dB, SSIM ${q.ssim.toFixed(3)}, RMSE ${q.rmseHU.toFixed(1)} HU`,
  ];
  const plainMethod = report.method.replace("preserving+", "");
  const lesions = await demoLesions(noisy, truth, {
    methods: [
      ...(method === undefined ? [bestClassical] : []),
      plainMethod,
      { name: preservingName(plainMethod), parameters: { keep: lesionMm } },
    ],
    window,
    seed,
    threads,
    footnote,
    ...(signal ? { signal } : {}),
    ...(onProgress ? { onProgress } : {}),
  });
  const plain = comparisonSvg(
    { before: noisy, after: denoised },
    {
      reference: truth,
      window,
      notes: { before: notes(before), after: notes(after) },
      titles: { after: `After (${report.method})` },
      footnote: [
        ...(footnote === undefined ? [] : [`${footnote}:`]),
        `simulated abdomen, ${noiseText}. For research, not for diagnosis.`,
      ].join(" "),
    },
  );
  await writePicture(files.figure, lesions?.svg ?? plain);
  const { level } = report.images[0]!;
  const { svg: _svg, ...told } = lesions ?? { svg: "" };
  return {
    seed,
    noise: sigmaHU === undefined ? { kind: "scan" } : { kind: "white", sigmaHU },
    ...("rows" in told ? { lesions: told } : {}),
    size,
    method: report.method,
    window,
    level,
    before,
    after,
    seconds,
    files,
  };
}

/** Truth and noisy slice: what a scan gives without noise and at a quarter of the dose, or white noise on the object. */
async function drawn(
  options: DemoOptions,
): Promise<{ readonly truth: Image; readonly noisyObject: Image }> {
  const { seed, sigmaHU, size, threads, signal, onProgress } = options;
  if (sigmaHU !== undefined) {
    const stream = streamOf(seed, "demo");
    const truth = abdomen.draw(stream.child("object"), { size }).image;
    return {
      truth,
      noisyObject: gaussian.add(truth, stream.child("noise"), { sigma: sigmaHU }),
    };
  }
  for await (const { reference, noisy, object } of simulate("abdomen", {
    seed,
    dose,
    phantomParameters: { size },
    threads,
    ...(signal ? { signal } : {}),
    ...(onProgress ? { onProgress } : {}),
  })) {
    return { truth: reference ?? object, noisyObject: noisy };
  }
  throw new InputError("Cannot draw the demo's slice: found no case, wanted one");
}

function qualityOf(image: Image, truth: Image): Quality {
  const reference = withData(image, truth.data);
  const value = (metric: Metric): number => {
    const found = metric.measure(image, { reference, window });
    if (found.status !== "ok") {
      throw new InputError(`Cannot measure ${metric.name}: ${found.cause}; ${found.remedy}`);
    }
    return found.value;
  };
  return {
    psnrDb: value(psnr),
    ssim: value(ssim),
    rmseHU: value(rmse),
    noiseHU: noiseOfImage(image).sigma,
  };
}
