/**
 * Task-preserving projection: the smallest change of a denoised image f that gives every template of a
 * declared family the test statistic that it had on the noisy image g,
 *
 *   f⁺ = f + W (WᵀW)⁻¹ Wᵀ (g − f),      so that  wᵀ f⁺ = wᵀ g  for every w in span(W).
 *
 * No linear observer whose template lies in the span loses or gains anything, whatever the denoiser did.
 * The price is the noise inside the span: of white noise with N pixels the share dim(W)/N of its energy
 * comes back.
 *
 * W may be rank-deficient (overlapping channels at neighbouring places are): columns are scaled to unit
 * length and their Gram matrix is factorised by Cholesky with diagonal pivoting [higham2002accuracy],
 * stopping where no column is left that lies further than `tolerance` from the span of those taken. A
 * column left out changes its statistic by at most tolerance · ‖w‖ · ‖g − f‖. Two rounds of refinement
 * make the statistics of the columns taken exact to rounding, whatever their condition.
 */
import { InputError } from "../core/errors.ts";
import { type Image, layoutOf, makeImage, sizeOf, withData } from "../core/image.ts";
import type { ParameterValues } from "../core/parameters.ts";
import type { DenoiseContext, Denoiser } from "./denoiser.ts";
import { factoriseGram, solveGram } from "./projection/pivoted-gram.ts";
import { wellPosed } from "./well-posed.ts";
import { planeTemplates, sparseTemplate, type SparseTemplate } from "./projection/templates.ts";

/** The span of a family of templates on images of one shape. */
export interface TaskSpan {
  /** Shape of the images. */
  readonly shape: readonly number[];
  /** Number of templates handed in. */
  readonly templates: number;
  /** dim(W): linearly independent templates. */
  readonly rank: number;
  /** dim(W)/N: the share of white noise's energy that the projection lets back in. */
  readonly noiseShare: number;
  /** wᵀ x for every template, in the order given. */
  statistics(x: ArrayLike<number>): Float64Array;
  /** The orthogonal projection W (WᵀW)⁻¹ Wᵀ x. */
  component(x: ArrayLike<number>): Float64Array;
}

export interface TaskSpanOptions {
  /** A template counts as dependent when less than this share of its length lies outside the span; default 1e-6. */
  readonly tolerance?: number;
}

/**
 * The span of templates on images of a shape.
 *
 * @param templates arrays with one value per pixel (a known signal, the members of a signal family), or
 *   sparse ones from `templatesAt` (channels at one place or many)
 * @throws InputError when there is none, a size does not fit, or every template is zero
 */
export function taskSpan(
  templates: readonly (ArrayLike<number> | SparseTemplate)[],
  options: TaskSpanOptions & { shape: readonly number[] },
): TaskSpan {
  const { shape, tolerance = 1e-6 } = options;
  const size = sizeOf(shape);
  if (!(tolerance >= 1e-7 && tolerance < 1)) {
    throw new InputError(
      `Cannot build a task span: found tolerance ${tolerance}, wanted a number from 1e-7 to 1 (smaller drowns in rounding)`,
    );
  }
  const columns = templates.map((template) => sparseTemplate(template, size));
  const lengths = columns.map(({ values }) => Math.sqrt(values.reduce((s, v) => s + v * v, 0)));
  const used = columns.flatMap((column, i) =>
    lengths[i]! > 0
      ? [{ index: column.index, values: column.values.map((v) => v / lengths[i]!) }]
      : [],
  );
  if (used.length === 0) {
    throw new InputError(
      `Cannot build a task span: found ${templates.length === 0 ? "no template" : "only zero templates"}, wanted at least one that is not zero`,
    );
  }
  const factor = factoriseGram(used, { size, tolerance });
  const basis = factor.order.map((i) => used[i]!);

  const dots = (list: readonly SparseTemplate[], x: ArrayLike<number>) =>
    Float64Array.from(list, ({ index, values }) => {
      let sum = 0;
      for (let k = 0; k < index.length; k++) sum += values[k]! * x[index[k]!]!;
      return sum;
    });

  const component = (x: ArrayLike<number>): Float64Array => {
    requireSize("project", x.length, size);
    const rest = Float64Array.from(x);
    const out = new Float64Array(size);
    for (let round = 0; round < 3; round++) {
      const c = solveGram(factor, dots(basis, rest));
      for (let j = 0; j < basis.length; j++) {
        const { index, values } = basis[j]!;
        for (let k = 0; k < index.length; k++) {
          const v = c[j]! * values[k]!;
          out[index[k]!]! += v;
          rest[index[k]!]! -= v;
        }
      }
    }
    return out;
  };

  return Object.freeze({
    shape: Object.freeze([...shape]),
    templates: templates.length,
    rank: basis.length,
    noiseShare: basis.length / size,
    statistics: (x: ArrayLike<number>) => {
      requireSize("read statistics", x.length, size);
      return dots(columns, x);
    },
    component,
  });
}

function requireSize(what: string, found: number, wanted: number): void {
  if (found !== wanted) {
    throw new InputError(`Cannot ${what} in a task span: found ${found} values, wanted ${wanted}`);
  }
}

/**
 * f + W (WᵀW)⁻¹ Wᵀ (g − f): the denoised image with the noisy image's test statistics. Statistics agree
 * to float32 rounding of the result.
 *
 * @param denoised f
 * @param options.noisy g, of the same shape
 */
export function projectOntoTask(
  denoised: Image,
  options: { readonly noisy: Image; readonly span: TaskSpan },
): Image {
  const { noisy, span } = options;
  if (noisy.data.length !== denoised.data.length) {
    throw new InputError(
      `Cannot project onto a task: found ${denoised.data.length} denoised and ${noisy.data.length} noisy values, wanted the same number`,
    );
  }
  const difference = Float64Array.from(noisy.data, (g, i) => g - denoised.data[i]!);
  const correction = span.component(difference);
  return withData(
    denoised,
    denoised.data.map((f, i) => f + correction[i]!),
  );
}

/**
 * Any denoiser with the projection after it. The result takes the place of the denoiser wherever one is
 * wanted; its name says so.
 *
 * @param span templates of a plane, kept in every plane, or of a whole volume; when absent the templates
 *   are those of the call's context
 */
export function taskPreserving(inner: Denoiser, span?: TaskSpan): Denoiser {
  const name = `task-preserving+${inner.name}`;
  const kept =
    span === undefined
      ? "the templates given"
      : `${span.templates} templates (${span.rank} independent; ${(100 * span.noiseShare).toPrecision(2)} % of the noise energy comes back)`;
  return wellPosed({
    ...inner,
    name,
    title: `${inner.title}, task-preserving`,
    ...(span === undefined
      ? { uses: [...new Set([...(inner.uses ?? []), "templates" as const])] }
      : {}),
    summary: `${inner.summary} Keeps the statistics of ${kept}.`,
    async denoise(image: Image, parameters?: ParameterValues, context: DenoiseContext = {}) {
      const whole = span ?? spanOfPlanes(name, image, context);
      const denoised = await inner.denoise(image, parameters, context);
      const size = sizeOf(whole.shape);
      requireSize("project", image.data.length % size === 0 ? size : image.data.length, size);
      const out = denoised.data.slice();
      for (let start = 0; start < out.length; start += size) {
        const part = (whose: Image) =>
          makeImage(whose.data.subarray(start, start + size), [size, 1]);
        const plane = projectOntoTask(part(denoised), { noisy: part(image), span: whole });
        out.set(plane.data, start);
      }
      return withData(denoised, out);
    },
  });
}

function spanOfPlanes(name: string, image: Image, { templates = [] }: DenoiseContext): TaskSpan {
  const { ny, nx } = layoutOf(image);
  if (templates.length === 0) {
    throw new InputError(
      `Cannot denoise by ${name}: found no template, wanted what is looked for (option template or option signal)`,
    );
  }
  return taskSpan(planeTemplates(`denoise by ${name}`, templates, { ny, nx }), {
    shape: [ny, nx],
  });
}
