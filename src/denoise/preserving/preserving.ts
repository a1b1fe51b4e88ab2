/**
 * Lesion-preserving form of any denoiser: what a low-pass B sees of the noisy image g is handed back to the
 * denoised image f,
 *
 *   f̂ = f + B (g − f).
 *
 * B is symmetric with mirrored borders (`low-pass.ts`), and the identity on the core of its band, the frequencies
 * with H = 1.
 *
 * Theorem. For every template w of the core, at every place, and whatever f is, wᵀ f̂ = wᵀ g.
 * Proof. B w = w and Bᵀ = B, so wᵀ B (g − f) = (B w)ᵀ (g − f) = wᵀ (g − f), and wᵀ f̂ = wᵀ f + wᵀ g − wᵀ f. ∎
 *
 * So no linear observer whose template lies in the core gains or loses anything by the denoiser f. A signal s keeps
 * of its matched template's response at least the share c = sᵀ B s / sᵀ s in the mean, as far as f does not turn
 * it over; `keep` names the diameter of the disk (ball) for which c is `keepShare`. Where f is flat the result is B g, a
 * linear filter at the least noise for that share to a few per cent (docs/lesion-preserving.md); at structure it is f.
 */
import { InputError, throwIfAborted } from "../../core/errors.ts";
import { type Image, layoutOf, withData } from "../../core/image.ts";
import {
  type ParameterTable,
  type ParameterValuesOf,
  type ParameterValues,
  resolveParameters,
} from "../../core/parameters.ts";
import { type DenoiseContext, type Denoiser, unknownReach } from "../denoiser.ts";
import { wellPosed } from "../well-posed.ts";
import { bandForms, bandKeeping } from "./band.ts";
import { lowPass } from "./low-pass.ts";
import { type MeasuredBand, measuredNoisePower, wienerBand } from "./wiener-band.ts";

/** Diameter in mm that is kept where nothing else is said. */
const defaultKeepMm = 5;

/** c of the disk or ball of that diameter. */
export const defaultShare = 0.75;

/** What the wrapper adds to a method's parameters. */
export const preservingParameters = {
  keep: {
    type: "number",
    unit: "mm",
    min: 0,
    max: 200,
    default: defaultKeepMm,
    about:
      "diameter of the lesion that must survive, in pixels where the pixel spacing is unknown; larger is smoother, 0 is the method alone",
  },
  keepShare: {
    type: "number",
    unit: "1",
    min: 0.5,
    max: 0.95,
    default: defaultShare,
    about: "share of that lesion's matched-template response that is kept at least",
  },
  keepBand: {
    type: "choice",
    choices: [...bandForms, "wiener"],
    default: "flat-top",
    about:
      "form of the low-pass that hands back; wiener is that of least noise for the spectrum measured in the image",
  },
  keepOver: {
    type: "choice",
    choices: ["method", "planes", "volume"],
    default: "method",
    about:
      "what the low-pass goes over: each plane, the whole volume (with less noise), or as the method itself",
  },
} as const satisfies ParameterTable;

type Keeping = ParameterValuesOf<typeof preservingParameters>;

/** The wrapper's own parameters among those given, checked, and the method's. */
function split(name: string, given: ParameterValues = {}) {
  const own: Record<string, ParameterValues[string]> = {};
  const rest: Record<string, ParameterValues[string]> = {};
  for (const [key, value] of Object.entries(given)) {
    (Object.hasOwn(preservingParameters, key) ? own : rest)[key] = value;
  }
  return {
    keeping: resolveParameters(name, preservingParameters, own) as Keeping,
    rest,
  };
}

/** Whether the band goes over the volume at once. */
function goesOverVolume(
  inner: Pick<Denoiser, "dimensions">,
  { keepOver }: Pick<Keeping, "keepOver">,
): boolean {
  return keepOver === "volume" || (keepOver === "method" && inner.dimensions.includes(3));
}

/**
 * Any denoiser with the band handed back; see the file's header. Its parameters are the method's and `keep`,
 * `keepShare`, `keepBand` and `keepOver`.
 *
 * @throws InputError when it is lesion-preserving already
 */
export function preserving(inner: Denoiser): Denoiser {
  const name = `preserving+${inner.name}`;
  if (Object.hasOwn(inner.parameters, "keep")) {
    throw new InputError(
      `Cannot denoise by ${name}: found a method that is lesion-preserving already, wanted one that is not`,
    );
  }
  return wellPosed({
    ...inner,
    name,
    title: `${inner.title}, lesion-preserving`,
    summary: `${inner.summary} Hands back what a low-pass sees of the noisy image, so that lesions of a chosen size survive.`,
    references: [...new Set([...inner.references, "barrett2004foundations"])],
    parameters: { ...inner.parameters, ...preservingParameters },
    reach: ({ parameters, spacing }) => {
      const { keep, keepOver } = parameters as unknown as Keeping;
      if (keep > 0 && goesOverVolume(inner, { keepOver })) {
        return "the lesion-preserving band goes over the whole volume unless the parameter keepOver is planes";
      }
      return inner.reach?.({ parameters, spacing }) ?? unknownReach;
    },
    ...(inner.level
      ? {
          level: (image: Image, given?: ParameterValues, context?: DenoiseContext) =>
            inner.level!(image, split(name, given).rest, context),
        }
      : {}),
    async denoise(image: Image, given?: ParameterValues, context: DenoiseContext = {}) {
      const { keeping, rest } = split(name, given);
      const denoised = await inner.denoise(image, rest, context);
      if (keeping.keep === 0) return denoised;
      return handBack(denoised, image, { inner, keeping, context });
    },
  });
}

/**
 * What a method made of a noisy image, with the band handed back plane by plane: for results that are there already.
 *
 * @throws InputError on parameters out of range
 */
export async function handBackPlanes(
  denoised: Image,
  noisy: Image,
  {
    parameters = {},
    context = {},
  }: { parameters?: ParameterValues; context?: DenoiseContext } = {},
): Promise<Image> {
  const keeping = resolveParameters("preserving", preservingParameters, parameters) as Keeping;
  if (keeping.keep === 0) return denoised;
  return handBack(denoised, noisy, { inner: { dimensions: [2] }, keeping, context });
}

/** f + B (g − f), plane by plane or volume by volume. */
async function handBack(
  denoised: Image,
  noisy: Image,
  {
    inner,
    keeping,
    context,
  }: {
    readonly inner: Pick<Denoiser, "dimensions">;
    readonly keeping: Keeping;
    readonly context: DenoiseContext;
  },
): Promise<Image> {
  const { blocks, nz, ny, nx } = layoutOf(noisy);
  const volume = nz > 1 && goesOverVolume(inner, keeping);
  const band = bandFor(noisy, { keeping, volume, context });
  const [sz, sy, sx] = noisy.spacing;
  const shape = volume ? [nz, ny, nx] : [ny, nx];
  const spacing = volume ? [sz, sy, sx] : [sy, sx];
  tell(noisy, { band, spacing, keep: keeping.keep, note: context.note });
  const size = shape.reduce((a, b) => a * b, 1);
  const parts = (blocks * nz * ny * nx) / size;
  const out = denoised.data.slice();
  for (let part = 0; part < parts; part++) {
    throwIfAborted(context.signal, "handing back the band");
    const from = part * size;
    const rest = new Float64Array(size);
    for (let i = 0; i < size; i++) rest[i] = noisy.data[from + i]! - denoised.data[from + i]!;
    const back = lowPass(rest, { shape, spacing, ...band });
    for (let i = 0; i < size; i++) out[from + i] = denoised.data[from + i]! + back[i]!;
    // Planes of a volume: the event loop gets its turn.
    if (parts > 1) await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return withData(denoised, out);
}

/** The band of the form that is asked for; flat-top where the image shows too little of its noise for a Wiener filter. */
function bandFor(
  noisy: Image,
  options: {
    readonly keeping: Keeping;
    readonly volume: boolean;
    readonly context: DenoiseContext;
  },
): MeasuredBand {
  const { keeping, volume, context } = options;
  const lesion = {
    diameterMm: keeping.keep,
    share: keeping.keepShare,
    dimensions: volume ? 3 : 2,
  } as const;
  if (keeping.keepBand !== "wiener") return bandKeeping({ ...lesion, form: keeping.keepBand });
  const power = measuredNoisePower(noisy, { sigma: context.sigma });
  if (power !== undefined) return wienerBand(power, lesion);
  context.note?.(
    "too little of the image is flat to measure the noise's spectrum, or its pixels are not square: the flat-top band is used",
  );
  return bandKeeping({ ...lesion, form: "flat-top" });
}

/** Above this share of the frequencies that the pixels hold, hardly anything is denoised. */
const almostAll = 0.5;

function tell(
  image: Image,
  {
    band,
    spacing,
    keep,
    note,
  }: {
    readonly band: MeasuredBand;
    readonly spacing: readonly number[];
    readonly keep: number;
    readonly note: DenoiseContext["note"];
  },
): void {
  if (note === undefined) return;
  if (!image.spacingKnown) {
    note(`the pixel spacing is unknown: lesions of ${keep} px are kept, not of as many mm`);
  }
  // The disk or ball of radius `edge` in the frequencies up to Nyquist's.
  const ball = spacing.length === 2 ? Math.PI * band.edge ** 2 : (4 / 3) * Math.PI * band.edge ** 3;
  const share = spacing.reduce((product, s) => product * s, ball);
  if (share > almostAll) {
    note(
      `lesions of ${keep} mm are hardly larger than the pixels: ${Math.round(100 * Math.min(1, share))} % of all frequencies are handed back, and of white noise as much`,
    );
  }
}
