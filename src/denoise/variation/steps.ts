/**
 * The two steps of the dual total-variation solver, written out in float32: the definition that the
 * WebAssembly kernel must equal bit for bit.
 *
 * Layout: `image` arrays hold [channel, z, y, x]; `dual` arrays hold [z, y, direction, channel, x] with
 * direction 0 = x, 1 = y, 2 = z (absent for planes): one step reads few streams of memory. A dual component that would leave the
 * volume is always 0, so the divergence needs no special case at the far edge.
 */

/** Sizes of the problem; `directions` is 2 for planes and 3 for volumes. */
export interface TvShape {
  readonly channels: number;
  readonly nz: number;
  readonly ny: number;
  readonly nx: number;
  readonly directions: 2 | 3;
}

/** Arrays of one problem; the kernel's live in its memory. */
export interface TvBuffers {
  readonly f: Float32Array;
  readonly u: Float32Array;
  readonly p: Float32Array;
  readonly q: Float32Array;
}

/** Working arrays and the two steps on them. */
export interface TvWorkspace extends TvBuffers {
  /** u = f + λ div d, with d = `p` or `q`; `weights` are those of the x, y and z differences. */
  primal(from: "p" | "q", lambda: number, weights: readonly number[]): void;
  /**
   * t = q + step · D u; p⁺ = t projected on the unit ball; q = p⁺ + momentum (p⁺ − p); p = p⁺.
   * The ball joins directions and channels when `isotropic`, else it is [−1, 1] for each component.
   */
  dual(step: number, momentum: number, weights: readonly number[], isotropic: boolean): void;
  /** `primal` from q, then `dual`, in one sweep. */
  step(
    sizes: { readonly lambda: number; readonly step: number; readonly momentum: number },
    weights: readonly number[],
    isotropic: boolean,
  ): void;
  /** Σ ( |D u| − ⟨D u, p⟩ ): the duality gap of p and u = u(p), without λ. */
  gap(weights: readonly number[], isotropic: boolean): number;
  /** Gives the arrays back; they must not be used afterwards. */
  release(): void;
}

const f32 = Math.fround;

/** Workspace on plain arrays with the steps in TypeScript. */
export function tvWorkspaceInScript(shape: TvShape): TvWorkspace {
  const { channels, nz, ny, nx, directions } = shape;
  const voxels = nz * ny * nx;
  const size = channels * voxels;
  const f = new Float32Array(size);
  const u = new Float32Array(size);
  const p = new Float32Array(directions * size);
  const q = new Float32Array(directions * size);
  const rows = new Float32Array(directions * channels * nx);
  const norm = new Float32Array(nx);
  const plane = ny * nx;
  const strides = [1, nx, plane];
  /** Values of the dual field on one row. */
  const pitch = directions * channels * nx;

  const primal = (from: "p" | "q", lambda: number, weights: readonly number[]): void => {
    const d = from === "p" ? p : q;
    const wx = f32(f32(lambda) * f32(weights[0]!));
    const wy = f32(f32(lambda) * f32(weights[1]!));
    const wz = directions === 3 ? f32(f32(lambda) * f32(weights[2]!)) : 0;
    for (let c = 0; c < channels; c++) {
      for (let z = 0; z < nz; z++) {
        for (let y = 0; y < ny; y++) {
          const row = c * voxels + z * plane + y * nx;
          const xRow = (z * ny + y) * pitch + c * nx;
          const yRow = xRow + channels * nx;
          const zRow = yRow + channels * nx;
          for (let x = 0; x < nx; x++) {
            const before = x > 0 ? d[xRow + x - 1]! : 0;
            let value = f32(f[row + x]! + f32(wx * f32(d[xRow + x]! - before)));
            const above = y > 0 ? d[yRow + x - pitch]! : 0;
            value = f32(value + f32(wy * f32(d[yRow + x]! - above)));
            if (directions === 3) {
              const below = z > 0 ? d[zRow + x - ny * pitch]! : 0;
              value = f32(value + f32(wz * f32(d[zRow + x]! - below)));
            }
            u[row + x] = value;
          }
        }
      }
    }
  };

  const dual = (
    step: number,
    momentum: number,
    weights: readonly number[],
    isotropic: boolean,
  ): void => {
    const theta = f32(momentum);
    for (let z = 0; z < nz; z++) {
      for (let y = 0; y < ny; y++) {
        norm.fill(0);
        for (let k = 0; k < directions; k++) {
          const atEdge = (k === 1 && y === ny - 1) || (k === 2 && z === nz - 1);
          const w = atEdge ? 0 : f32(f32(step) * f32(weights[k]!));
          const stride = atEdge ? 0 : strides[k]!;
          const end = k === 0 ? nx - 1 : nx;
          for (let c = 0; c < channels; c++) {
            const row = c * voxels + z * plane + y * nx;
            const to = (k * channels + c) * nx;
            const from = (z * ny + y) * pitch + to;
            for (let x = 0; x < end; x++) {
              const difference = f32(u[row + x + stride]! - u[row + x]!);
              const t = f32(q[from + x]! + f32(w * difference));
              rows[to + x] = t;
              norm[x] = f32(norm[x]! + f32(t * t));
            }
            if (k === 0) rows[to + nx - 1] = 0;
          }
        }
        for (let x = 0; x < nx; x++) norm[x] = f32(1 / Math.max(1, f32(Math.sqrt(norm[x]!))));
        for (let k = 0; k < directions; k++) {
          for (let c = 0; c < channels; c++) {
            const from = (k * channels + c) * nx;
            const to = (z * ny + y) * pitch + from;
            for (let x = 0; x < nx; x++) {
              const t = rows[from + x]!;
              const next = isotropic ? f32(t * norm[x]!) : Math.max(-1, Math.min(1, t));
              q[to + x] = f32(next + f32(theta * f32(next - p[to + x]!)));
              p[to + x] = next;
            }
          }
        }
      }
    }
  };

  return {
    f,
    u,
    p,
    q,
    primal,
    dual,
    step: ({ lambda, step, momentum }, weights, isotropic) => {
      primal("q", lambda, weights);
      dual(step, momentum, weights, isotropic);
    },
    gap: (weights, isotropic) => plainGap({ u, p }, { shape, weights, isotropic }),
    release: () => {},
  };
}

/** Σ ( |D u| − ⟨D u, p⟩ ): every term is ≥ 0 because p lies in the unit ball. */
export function plainGap(
  work: Pick<TvBuffers, "u" | "p">,
  problem: { shape: TvShape; weights: readonly number[]; isotropic: boolean },
): number {
  const { shape, weights, isotropic } = problem;
  const { channels, nz, ny, nx, directions } = shape;
  const { u, p } = work;
  const plane = ny * nx;
  const voxels = nz * plane;
  const joint = channels * nx;
  const wx = weights[0]!;
  const wy = weights[1]!;
  const wz = weights[2] ?? 0;
  let total = 0;
  for (let z = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++) {
        const voxel = z * plane + y * nx + x;
        let squares = 0;
        let sum = 0;
        let inner = 0;
        for (let c = 0; c < channels; c++) {
          const i = c * voxels + voxel;
          const j = (z * ny + y) * directions * joint + c * nx + x;
          const dx = x < nx - 1 ? wx * (u[i + 1]! - u[i]!) : 0;
          const dy = y < ny - 1 ? wy * (u[i + nx]! - u[i]!) : 0;
          squares += dx * dx + dy * dy;
          sum += Math.abs(dx) + Math.abs(dy);
          inner += dx * p[j]! + dy * p[j + joint]!;
          if (directions === 3) {
            const dz = z < nz - 1 ? wz * (u[i + plane]! - u[i]!) : 0;
            squares += dz * dz;
            sum += Math.abs(dz);
            inner += dz * p[j + 2 * joint]!;
          }
        }
        total += (isotropic ? Math.sqrt(squares) : sum) - inner;
      }
    }
  }
  return total;
}
