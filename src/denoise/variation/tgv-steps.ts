/**
 * One step of the primal–dual solver for total generalised variation, written out in float32: the
 * definition that the WebAssembly kernel must equal bit for bit; and its gap, in float64.
 *
 * Layout: `f`, `u` and `uBar` hold [z, y, x]; `w`, `wBar` and `p` hold [z, y, direction, x] with
 * direction 0 = x, 1 = y, 2 = z (absent for planes); `q` holds [z, y, pair, x] with the pairs xx, xy, yy
 * of planes and xx, xy, xz, yy, yz, zz of volumes. A component of w, p or q whose differences would leave
 * the volume is always 0, so the adjoints need no special case at the far edge. w_x exists where ∇u has
 * an x component, so D_x w_x takes three pixels in a row; a value of w without its ∇u would be free, and
 * the lower bound would have to keep (Eᵀq) at 0 there.
 */

/** Sizes of a plane (nz = 1) or volume. */
export interface TgvShape {
  readonly nz: number;
  readonly ny: number;
  readonly nx: number;
}

export interface TgvSizes {
  /** τ = σ of the method. */
  readonly step: number;
  /** Radii of the balls of p and q: α₁ and α₀. */
  readonly first: number;
  readonly second: number;
  /** Weights of the x, y and z differences. */
  readonly weights: readonly number[];
}

/** Sums from which the duality gap follows. */
export interface TgvSums {
  /** Primal value at (u, w). */
  readonly primal: number;
  /** ⟨f, ∇ᵀEᵀq⟩ and ‖∇ᵀEᵀq‖². */
  readonly inner: number;
  readonly squares: number;
  /** Largest |Eᵀq|² and |q|² over the voxels. */
  readonly largest: number;
  readonly radius: number;
}

/** Arrays of one problem. */
export interface TgvBuffers {
  readonly f: Float32Array;
  readonly u: Float32Array;
  readonly w: Float32Array;
  readonly p: Float32Array;
  readonly q: Float32Array;
  readonly uBar: Float32Array;
  readonly wBar: Float32Array;
}

export interface TgvWorkspace extends TgvBuffers {
  /**
   * p ← P(p + σ (∇uBar − wBar)), q ← P(q + σ E wBar); then u ← (u + τ (f − ∇ᵀp))/(1 + τ),
   * w ← w + τ (p − Eᵀq), and both bars twice the new less the old value.
   */
  step(sizes: TgvSizes): void;
  sums(sizes: Omit<TgvSizes, "step">): TgvSums;
  /** Gives the arrays back; they must not be used afterwards. */
  release(): void;
}

/** A component of the symmetrised gradient: derivative of w_a along b (and of w_b along a). */
interface Pair {
  readonly a: number;
  readonly b: number;
}

interface Grid {
  readonly shape: TgvShape;
  readonly directions: number;
  readonly pairs: readonly Pair[];
  /** Pair of two directions. */
  readonly pairOf: readonly (readonly number[])[];
}

function gridOf(shape: TgvShape): Grid {
  const directions = shape.nz > 1 ? 3 : 2;
  const pairs: Pair[] = [];
  for (let a = 0; a < directions; a++) for (let b = a; b < directions; b++) pairs.push({ a, b });
  const axes = Array.from({ length: directions }, (_, a) => a);
  const pairOf = axes.map((a) =>
    axes.map((b) => pairs.findIndex((one) => one.a === Math.min(a, b) && one.b === Math.max(a, b))),
  );
  return { shape, directions, pairs, pairOf };
}

/** Calls `visit` for every voxel with its column, its row, and the voxels ahead of it and before it along x, y, z. */
function eachVoxel(
  { shape }: Grid,
  visit: (x: number, row: number, ahead: readonly number[], behind: readonly number[]) => void,
): void {
  const { nz, ny, nx } = shape;
  for (let z = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++) {
        visit(x, z * ny + y, [nx - 1 - x, ny - 1 - y, nz - 1 - z], [x, y, z]);
      }
    }
  }
}

/** Offset to the neighbour along an axis in an array with `parts` components on every row. */
function strideOf({ ny, nx }: TgvShape, axis: number, parts: number): number {
  return axis === 0 ? 1 : axis === 1 ? parts * nx : parts * ny * nx;
}

/** Whether the differences of a component of E w exist; see the file's header. */
function bends({ a, b }: Pair, ahead: readonly number[]): boolean {
  return a === b ? ahead[a]! > 1 : ahead[a]! > 0 && ahead[b]! > 0;
}

const f32 = Math.fround;

/** Workspace on plain arrays with the step in TypeScript. */
export function tgvWorkspaceInScript(shape: TgvShape): TgvWorkspace {
  const grid = gridOf(shape);
  const { directions, pairs, pairOf } = grid;
  const { nx } = shape;
  const size = shape.nz * shape.ny * nx;
  const work: TgvBuffers = {
    f: new Float32Array(size),
    u: new Float32Array(size),
    w: new Float32Array(directions * size),
    p: new Float32Array(directions * size),
    q: new Float32Array(pairs.length * size),
    uBar: new Float32Array(size),
    wBar: new Float32Array(directions * size),
  };
  const { f, u, w, p, q, uBar, wBar } = work;

  const dual = ({ step, first, second, weights }: TgvSizes): void => {
    const t = new Float32Array(pairs.length);
    const s = weights.map((v) => f32(f32(step) * f32(v)));
    const ball = (
      field: Float32Array,
      at: number,
      radius: number,
      twice: (k: number) => boolean,
    ) => {
      let squares = 0;
      const parts = field === p ? directions : pairs.length;
      for (let k = 0; k < parts; k++) {
        const square = f32(t[k]! * t[k]!);
        squares = f32(squares + (twice(k) ? 2 * square : square));
      }
      const scale = f32(f32(radius) / Math.max(f32(radius), f32(Math.sqrt(squares))));
      for (let k = 0; k < parts; k++) field[at + k * nx] = t[k]! * scale;
    };
    eachVoxel(grid, (x, row, ahead) => {
      const i = row * nx + x;
      const ip = row * directions * nx + x;
      for (let a = 0; a < directions; a++) {
        const next = ahead[a] ? uBar[i + strideOf(shape, a, 1)]! : uBar[i]!;
        const scale = ahead[a] ? s[a]! : 0;
        const moved = f32(p[ip + a * nx]! + f32(scale * f32(next - uBar[i]!)));
        t[a] = f32(moved - f32((ahead[a] ? f32(step) : 0) * wBar[ip + a * nx]!));
      }
      ball(p, ip, first, () => false);
      const iq = row * pairs.length * nx + x;
      pairs.forEach(({ a, b }, k) => {
        const exists = bends(pairs[k]!, ahead);
        /** Difference of w_part along an axis, scaled. */
        const difference = (part: number, axis: number, half: number) => {
          const j = ip + part * nx;
          const next = exists ? wBar[j + strideOf(shape, axis, directions)]! : wBar[j]!;
          return f32((exists ? half * s[axis]! : 0) * f32(next - wBar[j]!));
        };
        const own = q[iq + k * nx]!;
        t[k] =
          a === b
            ? f32(own + difference(a, a, 1))
            : f32(f32(own + difference(a, b, 0.5)) + difference(b, a, 0.5));
      });
      ball(q, iq, second, (k) => pairs[k]!.a !== pairs[k]!.b);
    });
  };

  const primal = ({ step, weights }: TgvSizes): void => {
    const inverse = f32(1 / f32(1 + f32(step)));
    eachVoxel(grid, (x, row, _, behind) => {
      const i = row * nx + x;
      const ip = row * directions * nx + x;
      const iq = row * pairs.length * nx + x;
      /** Weighted backward difference with its sign turned: a term of the adjoint. */
      const adjoint = (field: Float32Array, at: number, axis: number, parts: number) => {
        const before = behind[axis] ? field[at - strideOf(shape, axis, parts)]! : 0;
        return f32(f32(weights[axis]!) * f32(before - field[at]!));
      };
      let divergence = adjoint(p, ip, 0, directions);
      for (let a = 1; a < directions; a++) {
        divergence = f32(divergence + adjoint(p, ip + a * nx, a, directions));
      }
      const old = u[i]!;
      const next = f32(f32(old + f32(f32(step) * f32(f[i]! - divergence))) * inverse);
      u[i] = next;
      uBar[i] = 2 * next - old;
      for (let a = 0; a < directions; a++) {
        let e = adjoint(q, iq + pairOf[a]![0]! * nx, 0, pairs.length);
        for (let b = 1; b < directions; b++) {
          e = f32(e + adjoint(q, iq + pairOf[a]![b]! * nx, b, pairs.length));
        }
        const j = ip + a * nx;
        const before = w[j]!;
        const after = f32(before + f32(f32(step) * f32(p[j]! - e)));
        w[j] = after;
        wBar[j] = 2 * after - before;
      }
    });
  };

  return {
    ...work,
    step: (sizes) => {
      dual(sizes);
      primal(sizes);
    },
    sums: (sizes) => plainSums(work, shape, sizes),
    release: () => {},
  };
}

/** `TgvWorkspace.sums` of plain arrays, in float64 throughout. */
export function plainSums(
  { f, u, w, q }: Pick<TgvBuffers, "f" | "u" | "w" | "q">,
  shape: TgvShape,
  { first, second, weights }: Omit<TgvSizes, "step">,
): TgvSums {
  const grid = gridOf(shape);
  const { directions, pairs, pairOf } = grid;
  const { nx } = shape;
  const slopes = new Float64Array(directions * u.length);
  let [primal, largest, radius] = [0, 0, 0];
  eachVoxel(grid, (x, row, ahead, behind) => {
    const i = row * nx + x;
    const ip = row * directions * nx + x;
    const iq = row * pairs.length * nx + x;
    let gradient = 0;
    let bent = 0;
    let length = 0;
    const difference = (part: number, axis: number) => {
      const j = ip + part * nx;
      return weights[axis]! * (w[j + strideOf(shape, axis, directions)]! - w[j]!);
    };
    for (let a = 0; a < directions; a++) {
      if (ahead[a]) {
        const next = u[i + strideOf(shape, a, 1)]!;
        gradient += (weights[a]! * (next - u[i]!) - w[ip + a * nx]!) ** 2;
      }
      let e = 0;
      for (let b = 0; b < directions; b++) {
        const j = iq + pairOf[a]![b]! * nx;
        const before = behind[b] ? q[j - strideOf(shape, b, pairs.length)]! : 0;
        e += weights[b]! * (before - q[j]!);
      }
      slopes[ip + a * nx] = e;
      length += e * e;
    }
    let ball = 0;
    pairs.forEach(({ a, b }, k) => {
      const value = q[iq + k * nx]!;
      ball += (a === b ? 1 : 2) * value * value;
      if (!bends(pairs[k]!, ahead)) return;
      bent += a === b ? difference(a, a) ** 2 : 0.5 * (difference(a, b) + difference(b, a)) ** 2;
    });
    primal += 0.5 * (u[i]! - f[i]!) ** 2 + first * Math.sqrt(gradient) + second * Math.sqrt(bent);
    largest = Math.max(largest, length);
    radius = Math.max(radius, ball);
  });
  let [inner, squares] = [0, 0];
  eachVoxel(grid, (x, row, _, behind) => {
    const ip = row * directions * nx + x;
    let divergence = 0;
    for (let a = 0; a < directions; a++) {
      const j = ip + a * nx;
      const before = behind[a] ? slopes[j - strideOf(shape, a, directions)]! : 0;
      divergence += weights[a]! * (before - slopes[j]!);
    }
    inner += f[row * nx + x]! * divergence;
    squares += divergence * divergence;
  });
  return { primal, inner, squares, largest, radius };
}
