/** A trained denoiser, opened and ready: planes in its own units in, planes out. */
import { InputError, throwIfAborted } from "../core/errors.ts";
import type { WorkOptions } from "../core/progress.ts";
import { parseTrainedOn, type TrainedOn, usualTraining } from "../denoise/trained-on.ts";
import { decodeModel } from "../onnx/decode.ts";
import type { Provider } from "../graph/lowering.ts";
import { type Backend, floats } from "../runtime/backend.ts";
import { chooseBackend } from "../runtime/default-backend.ts";
import { padToMultiple, spansOf } from "./tiles.ts";

export interface OpenModelOptions {
  readonly backend?: Backend;
  readonly provider?: Provider;
  /** Threads inside one operator; 0 means all cores. */
  readonly threads?: number;
  /** What to call a model that does not say its name, such as its file's path. */
  readonly name?: string;
  /** What it was trained on, for a file that does not say it: from its card. */
  readonly trainedOn?: TrainedOn;
}

export interface PlaneOptions extends WorkOptions {
  readonly ny: number;
  readonly nx: number;
  /** Standard deviation of the noise in the plane's unit; ignored by blind networks. */
  readonly sigma: number;
  /** Greatest side of a tile's core in pixels. */
  readonly tile?: number;
}

export interface DenoisingModel {
  readonly name: string;
  readonly takesSigma: boolean;
  readonly metadata: Readonly<Record<string, string>>;
  /** What the file says that it was trained on, or its card; the usual where neither does. */
  readonly trainedOn: TrainedOn;
  /** Denoises one plane of normalised values (window on [0, 1]), tiled where it is large. */
  denoisePlane(plane: Float32Array, options: PlaneOptions): Promise<Float32Array>;
  dispose(): Promise<void>;
}

const defaultTile = 1024;

/** The metadata of a model in which its training's ranges stand as JSON. */
export const trainedOnKey = "trainedOn";

/** The value of a JSON text; the text itself where it is none, for an error to show. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * Opens a model written by `exportNetwork`.
 *
 * @throws FormatError when the bytes are no model; InputError when it is no denoiser of dprime's form
 */
export async function openDenoisingModel(
  bytes: Uint8Array,
  options: OpenModelOptions = {},
): Promise<DenoisingModel> {
  const { metadata, inputs, outputs } = decodeModel(bytes);
  const image = inputs.find(({ name }) => name === "image");
  const isDenoiser =
    image?.shape.length === 4 && image.shape[1] === 1 && outputs.some((o) => o.name === "denoised");
  if (!isDenoiser) {
    throw new InputError(
      `Cannot use a model as a denoiser: found inputs ${inputs.map((i) => i.name).join(", ")} and outputs ${outputs.map((o) => o.name).join(", ")}, wanted image [N, 1, H, W] and denoised`,
    );
  }
  const name = metadata["name"] ?? metadata["network"] ?? options.name ?? "model";
  const trainedOn =
    metadata[trainedOnKey] === undefined
      ? (options.trainedOn ?? usualTraining)
      : parseTrainedOn(jsonOf(metadata[trainedOnKey]), `the model ${name}`);
  const takesSigma = inputs.some(({ name }) => name === "sigma");
  const multiple = Number(metadata["multipleOf"] ?? 1);
  const reach = Number(metadata["reach"] ?? 64);
  const { backend, provider } = await chooseBackend(options);
  const threads = options.threads ?? 0;
  const session = await backend.open(bytes, { provider, threads });

  const runTile = async (
    tile: Float32Array,
    { ny, nx, sigma }: { ny: number; nx: number; sigma: number },
  ) => {
    const held = {
      image: session.hold(floats(tile, [1, 1, ny, nx])),
      ...(takesSigma ? { sigma: session.hold(floats(Float32Array.of(sigma), [1, 1, 1, 1])) } : {}),
    };
    const { denoised } = await session.run(held, ["denoised"]);
    const { data, shape, kind } = await denoised!.read();
    const fits = kind === "float" && shape.join() === [1, 1, ny, nx].join();
    if (!fits || data.length !== ny * nx) {
      throw new InputError(
        `Cannot denoise by the model ${name}: found a result of ${kind === "float" ? "" : `${kind} `}shape ${shape.join(" × ")} for a plane of ${ny} × ${nx}, wanted 1 × 1 × ${ny} × ${nx}`,
      );
    }
    return data as Float32Array;
  };

  return {
    name,
    takesSigma,
    metadata,
    trainedOn,
    async denoisePlane(plane, options) {
      const { ny, nx, sigma, tile = defaultTile, signal, onProgress } = options;
      const padded = padToMultiple(plane, { ny, nx }, multiple);
      const plan = {
        core: Math.max(multiple, Math.ceil(tile / multiple) * multiple),
        reach,
        multiple,
      };
      const rows = spansOf(padded.ny, plan);
      const columns = spansOf(padded.nx, plan);
      const out = new Float32Array(ny * nx);
      let done = 0;
      for (const row of rows) {
        for (const column of columns) {
          throwIfAborted(signal, "denoising");
          const part = new Float32Array(row.count * column.count);
          for (let y = 0; y < row.count; y++) {
            const start = (row.from + y) * padded.nx + column.from;
            part.set(padded.data.subarray(start, start + column.count), y * column.count);
          }
          const result = await runTile(part, { ny: row.count, nx: column.count, sigma });
          const width = Math.min(column.keepCount, nx - column.keepFrom);
          for (let y = row.keepFrom; y < Math.min(row.keepFrom + row.keepCount, ny); y++) {
            const start = (y - row.from) * column.count + column.keepFrom - column.from;
            if (width > 0) out.set(result.subarray(start, start + width), y * nx + column.keepFrom);
          }
          done++;
          onProgress?.({ done, total: rows.length * columns.length, label: "denoising tiles" });
        }
      }
      return out;
    },
    dispose: () => session.dispose(),
  };
}
