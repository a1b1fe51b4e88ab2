/**
 * Block matching and collaborative filtering written out plainly in float64: the definition that the
 * WebAssembly kernel must equal up to rounding. Slow; used by tests.
 */
import type {
  Aggregate,
  BlockGeometry,
  BlockTransform,
  FilterRequest,
  Matches,
  MatchRequest,
} from "../../kernels/block-matching.ts";

/** Nearest blocks by direct sums of squared differences; see `MatchRequest`. */
export function matchBlocksPlainly(request: MatchRequest): Matches {
  const { image, geometry, columns, rows, step, most, reach, reachZ, limit } = request;
  const { nz, ny, nx, bz, n } = geometry;
  const references = rows * columns.length;
  const counts = new Int32Array(references);
  const places = new Int32Array(references * most);
  const distances = new Float32Array(references * most);
  for (let r = 0; r < references; r++) {
    const y = request.y0 + Math.floor(r / columns.length) * step;
    const x = columns[r % columns.length]!;
    const own = (request.z * ny + y) * nx + x;
    const found: { distance: number; place: number }[] = [];
    for (let dz = -reachZ; dz <= reachZ; dz++) {
      for (let dy = -reach; dy <= reach; dy++) {
        for (let dx = -reach; dx <= reach; dx++) {
          const inside = (v: number, block: number, size: number) => v >= 0 && v + block <= size;
          if (dz === 0 && dy === 0 && dx === 0) continue;
          if (!inside(request.z + dz, bz, nz)) continue;
          if (!inside(y + dy, n, ny) || !inside(x + dx, n, nx)) continue;
          const place = own + (dz * ny + dy) * nx + dx;
          let distance = 0;
          eachVoxel(geometry, (offset) => {
            distance += (image[own + offset]! - image[place + offset]!) ** 2;
          });
          if (distance < limit) found.push({ distance, place });
        }
      }
    }
    // A stable sort keeps the search order among equals, as the kernel's insertion does.
    found.sort((a, b) => a.distance - b.distance);
    const list = [{ distance: 0, place: own }, ...found].slice(0, most);
    counts[r] = list.length;
    list.forEach((match, k) => {
      places[r * most + k] = match.place;
      distances[r * most + k] = match.distance;
    });
  }
  return { references, most, counts, places, distances };
}

function eachVoxel(geometry: BlockGeometry, visit: (offset: number, k: number) => void): void {
  const { ny, nx, bz, n } = geometry;
  let k = 0;
  for (let z = 0; z < bz; z++) {
    for (let y = 0; y < n; y++) {
      for (let x = 0; x < n; x++) visit((z * ny + y) * nx + x, k++);
    }
  }
}

/** First stage: coefficients below the threshold go, except the group's mean; weight 1/number kept. */
export function filterHardPlainly(
  request: FilterRequest & { readonly threshold: number },
): Aggregate {
  return collaborate(request, (groups) => {
    let kept = 0;
    const spectra = groups(request.image);
    spectra.forEach((spectrum, k) => {
      spectrum.forEach((value, i) => {
        if (Math.abs(value) >= request.threshold || (k === 0 && i === 0)) kept++;
        else spectrum[i] = 0;
      });
    });
    return { spectra, weight: 1 / kept };
  });
}

/** Second stage: Wiener weights p²/(p² + σ²) from the estimate's coefficients p, 1 for the mean. */
export function filterWienerPlainly(
  request: FilterRequest & { readonly estimate: Float32Array; readonly variance: number },
): Aggregate {
  return collaborate(request, (groups) => {
    let squares = 0;
    const spectra = groups(request.image);
    groups(request.estimate).forEach((pilot, k) => {
      pilot.forEach((p, i) => {
        const w = k === 0 && i === 0 ? 1 : (p * p) / (p * p + request.variance);
        squares += w * w;
        spectra[k]![i]! *= w;
      });
    });
    return { spectra, weight: 1 / squares };
  });
}

function collaborate(
  request: FilterRequest,
  shrink: (groups: (image: Float32Array) => Float64Array[]) => {
    spectra: Float64Array[];
    weight: number;
  },
): Aggregate {
  const { image, geometry, matches, transform, window } = request;
  const size = geometry.bz * geometry.n ** 2;
  const sum = new Float64Array(image.length);
  const weights = new Float64Array(image.length);
  for (let r = 0; r < matches.references; r++) {
    const count = 2 ** Math.floor(Math.log2(matches.counts[r]!));
    const places = matches.places.subarray(r * matches.most, r * matches.most + count);
    const { spectra, weight } = shrink((source) => {
      const blocks = Array.from(places, (place) => {
        const block = new Float64Array(size);
        eachVoxel(geometry, (offset, k) => {
          block[k] = source[place + offset]!;
        });
        return separable(block, geometry, transform.along, transform.deep);
      });
      return haar(blocks, false);
    });
    haar(spectra, true).forEach((spectrum, k) => {
      const block = separable(spectrum, geometry, transform.inverse, transform.deepInverse);
      eachVoxel(geometry, (offset, i) => {
        sum[places[k]! + offset]! += weight * window[i]! * block[i]!;
        weights[places[k]! + offset]! += weight * window[i]!;
      });
    });
  }
  return { sum: Float32Array.from(sum), weights: Float32Array.from(weights) };
}

function separable(
  block: Float64Array,
  { bz, n }: Pick<BlockGeometry, "bz" | "n">,
  along: BlockTransform["along"],
  deep: BlockTransform["deep"],
): Float64Array {
  const at = (z: number, y: number, x: number) => (z * n + y) * n + x;
  let from = block;
  for (const axis of [0, 1, 2]) {
    const to = new Float64Array(block.length);
    const matrix = axis === 2 ? deep : along;
    const length = axis === 2 ? bz : n;
    for (let z = 0; z < bz; z++) {
      for (let y = 0; y < n; y++) {
        for (let x = 0; x < n; x++) {
          const i = [y, x, z][axis]!;
          let s = 0;
          for (let k = 0; k < length; k++) {
            const source = axis === 0 ? at(z, k, x) : axis === 1 ? at(z, y, k) : at(k, y, x);
            s += matrix[i * length + k]! * from[source]!;
          }
          to[at(z, y, x)] = s;
        }
      }
    }
    from = to;
  }
  return from;
}

/** Orthonormal Haar transform across the blocks of a group, or its inverse. */
function haar(group: readonly Float64Array[], inverse: boolean): Float64Array[] {
  if (group.length === 1) return [Float64Array.from(group[0]!)];
  const half = group.length / 2;
  const mix = (a: Float64Array, b: Float64Array, sign: number) =>
    a.map((v, i) => (v + sign * b[i]!) * Math.SQRT1_2);
  if (inverse) {
    const low = haar(group.slice(0, half), true);
    return low.flatMap((a, k) => [mix(a, group[half + k]!, 1), mix(a, group[half + k]!, -1)]);
  }
  const low: Float64Array[] = [];
  const high: Float64Array[] = [];
  for (let k = 0; k < half; k++) {
    low.push(mix(group[2 * k]!, group[2 * k + 1]!, 1));
    high.push(mix(group[2 * k]!, group[2 * k + 1]!, -1));
  }
  return [...haar(low, false), ...high];
}
