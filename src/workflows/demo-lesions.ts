/** The demo's lesions: faint disks in the organs of its slice, looked for before and after denoising. */
import { InputError } from "../core/errors.ts";
import { type Image, layoutOf, makeImage, withData } from "../core/image.ts";
import type { WorkOptions } from "../core/progress.ts";
import { diverging, gray, renderPlane, type Window } from "../figures/index.ts";
import { svgBitmap, svgDocument, svgText } from "../figures/svg.ts";
import { compare, type Comparison } from "./compare/compare.ts";
import { markSvg } from "./compare/figures.ts";
import type { Figure } from "./compare/judge.ts";
import { regionOf } from "./compare/places.ts";
import { untreated } from "./compare/result.ts";
import type { MemberChoice } from "./member-choice.ts";

export interface LesionRow {
  readonly method: string;
  /** Share of the lesions' contrast that is left. */
  readonly contrastKept: Figure;
  /** Of a channelised Hotelling observer. */
  readonly auc: Figure;
  readonly rmseHU: number;
  readonly psnrDb: number;
  readonly ssim: number;
  /** In the organs. */
  readonly noiseHU: number;
}

export interface DemoLesions {
  readonly diameterMm: number;
  readonly contrastHU: number;
  /** Places looked at, and those of them with a lesion. */
  readonly places: number;
  readonly lesions: number;
  readonly rows: readonly LesionRow[];
  readonly svg: string;
}

/** Diameter of the lesions, which the lesion-preserving method is told to keep. */
export const lesionMm = 4;
const [diameterMm, contrastHU] = [lesionMm, -20];
const tissue = { low: 20, high: 180 };

/**
 * Undefined where the slice has too few places for lesions, as where it is small.
 *
 * @param noisy the slice; `truth` without noise
 * @param options.methods as `compare` takes them; the one that keeps lesions last, after its plain form
 */
export async function demoLesions(
  noisy: Image,
  truth: Image,
  options: WorkOptions & {
    readonly methods: readonly MemberChoice[];
    readonly window: Window;
    readonly seed: number;
    readonly threads?: number | undefined;
    readonly footnote?: string | undefined;
  },
): Promise<DemoLesions | undefined> {
  const { methods, seed, threads, signal, onProgress } = options;
  let comparison: Comparison;
  try {
    comparison = await compare(noisy, {
      methods,
      doses: [1],
      truth: withData(noisy, truth.data),
      lookFor: { shape: "disk", diameterMm, contrast: contrastHU },
      tissue,
      seed,
      threads,
      ...(signal ? { signal } : {}),
      ...(onProgress ? { onProgress } : {}),
    });
  } catch (error) {
    if (error instanceof InputError && /places|smaller signal/.test(error.message))
      return undefined;
    throw error;
  }
  const { result } = comparison;
  const rows = result.arms.map((arm) => ({
    method: arm.method,
    contrastKept: arm.contrastKept,
    auc: arm.hotelling.auc,
    rmseHU: arm.fidelity!.rmse,
    psnrDb: arm.fidelity!.psnrDb!,
    ssim: arm.fidelity!.ssim!,
    noiseHU: arm.noise.sd,
  }));
  const svg = lesionFigure(comparison, { ...options, truth, rows });
  const lesions = comparison.scene.cases.filter((c) => c.present).length;
  return { diameterMm, contrastHU, places: result.plan.cases, lesions, rows, svg };
}

/** Side of what the figure shows around a lesion, in pixels. */
const shownSide = 65;

interface Drawing {
  readonly truth: Image;
  readonly rows: readonly LesionRow[];
  readonly window: Window;
  readonly footnote?: string | undefined;
}

/** Truth, noisy, lost by the plain method, in its difference image, kept by the last method. */
function lesionFigure({ scene, result }: Comparison, drawing: Drawing): string {
  const { truth, rows, footnote } = drawing;
  const { ny, nx } = layoutOf(truth);
  const [noisy, kept, lost] = [scene.arms[0]!, scene.arms.at(-1)!, scene.arms.at(-2)!];
  const half = Math.floor(shownSide / 2);
  const inside = scene.cases
    .map((c, at) => ({ c, at }))
    .filter(({ c }) => c.present && c.row >= half && c.column >= half)
    .filter(({ c }) => c.row + half < ny && c.column + half < nx);
  // The lesion at which the plain method loses most of what the other keeps.
  const response = (arm: typeof noisy, at: number): number => {
    const [a, b] = [arm.withSignal[at]!, arm.without[at]!];
    const middle = Math.floor(scene.side / 2) * (scene.side + 1);
    return Math.abs(a[middle]! - b[middle]!);
  };
  // Organs around it, so that the window shows them.
  const around = (c: { readonly row: number; readonly column: number }): number => {
    const region = regionOf(truth.data, nx, { ...c, side: shownSide });
    return region.filter((v) => v > tissue.low && v < tissue.high).length / region.length;
  };
  const whole = inside.filter(({ c }) => around(c) > 0.95);
  const ranked = (whole.length > 0 ? whole : inside).sort(
    (p, q) =>
      response(kept, q.at) - response(lost, q.at) - (response(kept, p.at) - response(lost, p.at)),
  );
  const place = ranked[0]?.c ?? scene.cases[0]!;
  const { row, column } = place;
  const crop = (plane: ArrayLike<number>): Image =>
    makeImage(regionOf(plane, nx, { row, column, side: shownSide }), [shownSide, shownSide]);
  const added = noisy.shown.withSignal.map((v, i) => v - noisy.shown.without[i]!);
  const withLesions = truth.data.map((v, i) => v + added[i]!);
  const region = noisy.without[ranked[0]?.at ?? 0]!;
  const centre = region.reduce((sum, v) => sum + v, 0) / region.length;
  const spread = Math.max(50, 2.5 * result.images.noise);
  const window = { low: centre - spread, high: centre + spread };
  // The same noise with and without the lesion: what is left of the difference is the lesion.
  const taken = crop(added.map((v, i) => v - (lost.shown.withSignal[i]! - lost.shown.without[i]!)));
  const most = Math.abs(result.task.contrast) / 2;
  const rowOf = (name: string) => rows.find((one) => one.method === name)!;
  const says = (one: LesionRow): string[] => [
    `contrast kept ${(100 * one.contrastKept.estimate).toFixed(0)} %`,
    `AUC ${one.auc.estimate.toFixed(2)} (${one.auc.lower.toFixed(2)} to ${one.auc.upper.toFixed(2)})`,
    `PSNR ${one.psnrDb.toFixed(1)} dB, SSIM ${one.ssim.toFixed(3)}`,
  ];
  const panels = [
    {
      title: "Truth",
      image: crop(withLesions),
      notes: [`a lesion of ${diameterMm} mm, ${contrastHU} HU`],
    },
    { title: "Quarter dose", image: crop(noisy.shown.withSignal), notes: says(rowOf(untreated)) },
    {
      title: `After ${lost.method}`,
      image: crop(lost.shown.withSignal),
      notes: says(rowOf(lost.method)),
    },
    {
      title: "What that took of the lesion",
      image: taken,
      notes: ["found by denoising twice,", `with and without; ±${most.toFixed(0)} HU`],
    },
    {
      title: `After ${kept.method}`,
      image: crop(kept.shown.withSignal),
      notes: says(rowOf(kept.method)),
    },
  ];
  const [size, gap] = [230, 14];
  const parts = panels.flatMap(({ title, image, notes }, i) => {
    const x = gap + i * (size + gap);
    const bitmap =
      image === taken
        ? renderPlane(image, { window: { low: -most, high: most }, map: diverging })
        : renderPlane(image, { window, map: gray });
    const radius = (1.7 * (diameterMm / 2 / scene.spacing[2]) * size) / shownSide;
    return [
      svgText(title.length > 31 ? `${title.slice(0, 30)}…` : title, {
        x,
        y: 26,
        size: 13,
        bold: true,
      }),
      svgBitmap(bitmap, { x, y: 36, width: size, height: size }),
      markSvg(x + size / 2, 36 + size / 2, radius),
      ...notes.map((note, n) => svgText(note, { x, y: 36 + size + 18 + 16 * n, size: 12 })),
    ];
  });
  const width = gap + panels.length * (size + gap);
  const height = 36 + size + 92;
  const foot = `${footnote === undefined ? "" : `${footnote}: `}simulated abdomen; of ${inside.length} lesions the one where the methods differ most. For research, not for diagnosis.`;
  parts.push(svgText(foot, { x: gap, y: height - 10, size: 11, colour: "#666" }));
  return svgDocument(
    width,
    height,
    `<rect width="${width}" height="${height}" fill="white"/>${parts.join("")}`,
  );
}
