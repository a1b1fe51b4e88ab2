/**
 * Second-order total generalised variation [bredies2010total], solved to a stated duality gap.
 *
 *   min over u, w of  ½ ‖u − f‖² + α₁ Σ |∇u − w| + α₀ Σ |E w|,     E w = ½ (∇w + ∇wᵀ),
 *
 * by the primal–dual method of [chambolle2011first] with τ = σ = 1/√L. ∇ and E are forward differences
 * taken only where both neighbours exist, so that an affine image costs nothing, up to the border. With
 * the norm bounds of both difference operators 4d (d directions), L is the larger eigenvalue of
 * [[4d, √(4d)], [√(4d), 4d + 1]].
 *
 * Any q with |q| ≤ α₀ and |Eᵀq| ≤ α₁ gives the lower bound ⟨f, ∇ᵀp⟩ − ½ ‖∇ᵀp‖² with p = Eᵀq; the
 * iterate is scaled to satisfy the second condition, with the best scale. The objective is 1-strongly
 * convex in u, so ½ ‖u − u*‖² ≤ gap.
 */
import type { WorkOptions } from "../../core/progress.ts";
import type { TvSolution } from "./solver.ts";
import { atOnce, type Steps } from "./turns.ts";

/** Sizes of a plane (nz = 1) or volume. */
export interface TgvShape {
  readonly nz: number;
  readonly ny: number;
  readonly nx: number;
}

export interface TgvOptions extends WorkOptions {
  readonly shape: TgvShape;
  /** α₁ > 0 in the unit of f. */
  readonly first: number;
  /** α₀ > 0 in the unit of f times px. */
  readonly second: number;
  /** Weights of the x, y and z differences; default 1 each. */
  readonly weights?: readonly number[];
  /** Stop once √(2 gap / N) ≤ tolerance · α₁; default 0.05. */
  readonly tolerance?: number;
  readonly maxIterations?: number;
  /** Arrays to go on with, from an earlier solution of the same shape. */
  readonly state?: TgvState;
}

/** Iterates of the method. */
export interface TgvState {
  readonly u: Float64Array;
  readonly w: readonly Float64Array[];
  readonly p: readonly Float64Array[];
  readonly q: readonly Float64Array[];
}

/** A component of the symmetrised gradient: derivative of w_a along b (and of w_b along a). */
interface Pair {
  readonly a: number;
  readonly b: number;
}

/** Every how many iterations the gap is looked at: it costs about one iteration. */
const checkEvery = 20;

type TgvSolution = TvSolution & { readonly state: TgvState };

/**
 * Minimises the TGV functional; see the file's header.
 *
 * @throws CancelledError when the signal is raised
 */
export function solveTgv(f: ArrayLike<number>, options: TgvOptions): TgvSolution {
  return atOnce(tgvSteps(f, options), options);
}

/** `solveTgv` as steps of one iteration each, for `inTurns`; `signal` and `onProgress` are left to it. */
export function* tgvSteps(f: ArrayLike<number>, options: TgvOptions): Steps<TgvSolution> {
  const { shape, first, second, weights = [1, 1, 1] } = options;
  const { tolerance = 0.05, maxIterations = 3000 } = options;
  const grid = gridOf(shape, weights);
  const { size, directions, pairs } = grid;
  const fresh = (count: number) => Array.from({ length: count }, () => new Float64Array(size));
  const state: TgvState = options.state ?? {
    u: Float64Array.from(f),
    w: fresh(directions),
    p: fresh(directions),
    q: fresh(pairs.length),
  };
  const { u, w, p, q } = state;
  const uBar = u.slice();
  const wBar = w.map((part) => part.slice());
  const spare = fresh(directions);
  const divergence = new Float64Array(size);
  const bound = 4 * Math.max(...grid.weights.map((v) => v * v)) * directions;
  const step = 1 / Math.sqrt((2 * bound + 1 + Math.sqrt(1 + 4 * bound)) / 2);
  const limit = tolerance * first;
  let gap = Infinity;
  let rmsBound = Infinity;
  let iterations = 0;
  for (;;) {
    gap = gapOf(f, { grid, state, first, second, spare, divergence });
    rmsBound = Math.sqrt((2 * gap) / size);
    if (rmsBound <= limit || iterations >= maxIterations) break;
    yield {
      done: iterations,
      total: maxIterations,
      label: "minimising total generalised variation",
      figures: { rmsBound },
    };
    for (let k = 0; k < checkEvery; k++) {
      iterations++;
      for (let a = 0; a < directions; a++) {
        const pa = p[a]!;
        const wa = wBar[a]!;
        addDifference(pa, uBar, { grid, axis: a, ends: grid.ends([a]), scale: step });
        eachRow(grid, grid.ends([a]), (i, count) => {
          for (let x = i; x < i + count; x++) pa[x]! -= step * wa[x]!;
        });
      }
      project(p, first);
      for (let c = 0; c < pairs.length; c++) {
        addSymmetric(q[c]!, wBar, { grid, pair: pairs[c]!, scale: step });
      }
      project(q, second, pairs);
      adjointGradient(divergence, p, grid);
      for (let i = 0; i < size; i++) {
        const old = u[i]!;
        const next = (old + step * (f[i]! - divergence[i]!)) / (1 + step);
        u[i] = next;
        uBar[i] = 2 * next - old;
      }
      adjointSymmetric(spare, q, grid);
      for (let a = 0; a < directions; a++) {
        const wa = w[a]!;
        const bar = wBar[a]!;
        const pa = p[a]!;
        const ea = spare[a]!;
        for (let i = 0; i < size; i++) {
          const old = wa[i]!;
          const next = old + step * (pa[i]! - ea[i]!);
          wa[i] = next;
          bar[i] = 2 * next - old;
        }
      }
      yield undefined;
    }
  }
  const ok = rmsBound <= limit;
  return {
    status: ok ? "ok" : "not-converged",
    u: Float32Array.from(u),
    gap,
    rmsBound,
    iterations,
    state,
    ...(ok ? {} : { remedy: "raise maxIterations or the tolerance" }),
  };
}

interface Grid {
  readonly size: number;
  readonly directions: number;
  readonly pairs: readonly Pair[];
  /** Along x, y, z. */
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
  readonly weights: readonly number[];
  /** Ends of the index ranges where a forward difference along each listed axis exists (twice for a repeated one). */
  ends(axes: readonly number[]): readonly number[];
}

function gridOf({ nz, ny, nx }: TgvShape, weights: readonly number[]): Grid {
  const directions = nz > 1 ? 3 : 2;
  const sizes = [nx, ny, nz];
  const pairs: Pair[] = [];
  for (let a = 0; a < directions; a++) for (let b = a; b < directions; b++) pairs.push({ a, b });
  return {
    size: nz * ny * nx,
    directions,
    pairs,
    sizes,
    strides: [1, nx, nx * ny],
    weights: weights.slice(0, directions),
    ends: (axes) => {
      const out = [...sizes];
      for (const axis of axes) out[axis] = Math.max(0, out[axis]! - 1);
      return out;
    },
  };
}

function eachRow(
  grid: Grid,
  ends: readonly number[],
  visit: (start: number, count: number) => void,
): void {
  for (let z = 0; z < ends[2]!; z++) {
    for (let y = 0; y < ends[1]!; y++) visit(z * grid.strides[2]! + y * grid.strides[1]!, ends[0]!);
  }
}

/** out += scale · weight · (x[i + axis] − x[i]) within the ends. */
function addDifference(
  out: Float64Array,
  x: Float64Array,
  part: { grid: Grid; axis: number; ends: readonly number[]; scale: number },
): void {
  const { grid, axis, ends } = part;
  const stride = grid.strides[axis]!;
  const scale = part.scale * grid.weights[axis]!;
  eachRow(grid, ends, (start, count) => {
    for (let i = start; i < start + count; i++) out[i]! += scale * (x[i + stride]! - x[i]!);
  });
}

/** The adjoint of `addDifference`. */
function addAdjoint(
  out: Float64Array,
  y: Float64Array,
  part: { grid: Grid; axis: number; ends: readonly number[]; scale: number },
): void {
  const { grid, axis, ends } = part;
  const stride = grid.strides[axis]!;
  const scale = part.scale * grid.weights[axis]!;
  eachRow(grid, ends, (start, count) => {
    for (let i = start; i < start + count; i++) {
      const v = scale * y[i]!;
      out[i]! -= v;
      out[i + stride]! += v;
    }
  });
}

function addSymmetric(
  out: Float64Array,
  w: readonly Float64Array[],
  part: { grid: Grid; pair: Pair; scale: number },
): void {
  const { grid, pair } = part;
  const { a, b } = pair;
  const ends = grid.ends([a, b]);
  const scale = a === b ? part.scale : part.scale / 2;
  addDifference(out, w[a]!, { grid, axis: b, ends, scale });
  if (a !== b) addDifference(out, w[b]!, { grid, axis: a, ends, scale });
}

/** out = ∇ᵀ p. */
function adjointGradient(out: Float64Array, p: readonly Float64Array[], grid: Grid): void {
  out.fill(0);
  p.forEach((part, a) => addAdjoint(out, part, { grid, axis: a, ends: grid.ends([a]), scale: 1 }));
}

/** out = Eᵀ q in the inner product that counts mixed components twice. */
function adjointSymmetric(
  out: readonly Float64Array[],
  q: readonly Float64Array[],
  grid: Grid,
): void {
  for (const part of out) part.fill(0);
  grid.pairs.forEach(({ a, b }, k) => {
    const ends = grid.ends([a, b]);
    addAdjoint(out[a]!, q[k]!, { grid, axis: b, ends, scale: 1 });
    if (a !== b) addAdjoint(out[b]!, q[k]!, { grid, axis: a, ends, scale: 1 });
  });
}

/** Pointwise projection on the ball of the given radius; mixed components of a tensor count twice. */
function project(field: readonly Float64Array[], radius: number, pairs?: readonly Pair[]): void {
  const size = field[0]!.length;
  for (let i = 0; i < size; i++) {
    const squares = squaredNorm(field, i, pairs);
    if (squares <= radius * radius) continue;
    const scale = radius / Math.sqrt(squares);
    for (const part of field) part[i]! *= scale;
  }
}

function squaredNorm(field: readonly Float64Array[], i: number, pairs?: readonly Pair[]): number {
  let s = 0;
  for (let k = 0; k < field.length; k++) {
    const v = field[k]![i]!;
    s += pairs && pairs[k]!.a !== pairs[k]!.b ? 2 * v * v : v * v;
  }
  return s;
}

/** Primal value at (u, w) minus the best lower bound from q. */
function gapOf(
  f: ArrayLike<number>,
  problem: {
    grid: Grid;
    state: TgvState;
    first: number;
    second: number;
    spare: readonly Float64Array[];
    divergence: Float64Array;
  },
): number {
  const { grid, state, first, second, spare, divergence } = problem;
  const { size, pairs } = grid;
  const primal = tgvObjective(f, { grid, u: state.u, w: state.w, first, second });
  adjointSymmetric(spare, state.q, grid);
  let largest = 0;
  for (let i = 0; i < size; i++) largest = Math.max(largest, squaredNorm(spare, i));
  adjointGradient(divergence, spare, grid);
  let inner = 0;
  let squares = 0;
  for (let i = 0; i < size; i++) {
    inner += f[i]! * divergence[i]!;
    squares += divergence[i]! ** 2;
  }
  // |q| ≤ α₀ limits the scale too: q is projected, so a scale above 1 may leave its ball.
  let radius = 0;
  for (let i = 0; i < size; i++) radius = Math.max(radius, squaredNorm(state.q, i, pairs));
  const most = Math.min(
    largest > 0 ? first / Math.sqrt(largest) : Infinity,
    radius > 0 ? second / Math.sqrt(radius) : Infinity,
  );
  const scale = squares > 0 ? Math.max(0, Math.min(most, inner / squares)) : 0;
  return Math.max(0, primal - (scale * inner - 0.5 * scale * scale * squares));
}

function tgvObjective(
  f: ArrayLike<number>,
  point: {
    grid: Grid;
    u: Float64Array;
    w: readonly Float64Array[];
    first: number;
    second: number;
  },
): number {
  const { grid, u, w, first, second } = point;
  const { size, directions, pairs } = grid;
  const gradient = Array.from({ length: directions }, (_, a) => {
    const out = new Float64Array(size);
    const ends = grid.ends([a]);
    addDifference(out, u, { grid, axis: a, ends, scale: 1 });
    const wa = w[a]!;
    eachRow(grid, ends, (start, count) => {
      for (let i = start; i < start + count; i++) out[i]! -= wa[i]!;
    });
    return out;
  });
  const tensor = pairs.map((pair) => {
    const out = new Float64Array(size);
    addSymmetric(out, w, { grid, pair, scale: 1 });
    return out;
  });
  let value = 0;
  for (let i = 0; i < size; i++) {
    value += 0.5 * (u[i]! - f[i]!) ** 2;
    value += first * Math.sqrt(squaredNorm(gradient, i));
    value += second * Math.sqrt(squaredNorm(tensor, i, pairs));
  }
  return value;
}

/** ½ ‖u − f‖² + α₁ Σ |∇u − w| + α₀ Σ |E w| at a point, for tests and comparisons. */
export function tgvValue(
  f: ArrayLike<number>,
  point: {
    shape: TgvShape;
    u: Float64Array;
    w: readonly Float64Array[];
    first: number;
    second: number;
  },
): number {
  return tgvObjective(f, { ...point, grid: gridOf(point.shape, [1, 1, 1]) });
}
