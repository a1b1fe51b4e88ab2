import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import type { LoweredModel } from "../graph/lower.ts";
import { encodeModel } from "../onnx/encode.ts";
import { openDenoisingModel } from "./denoising-model.ts";

const float = (shape: readonly (number | string)[]) => ({ kind: "float" as const, shape });

/** A model of one operator, with the inputs and outputs that a denoiser has. */
function oneOperator(
  operator: string,
  more: Partial<Pick<LoweredModel, "constants" | "outputs">> & {
    attributes?: LoweredModel["nodes"][number]["attributes"];
  } = {},
): Uint8Array {
  const { constants = [], attributes = {} } = more;
  return encodeModel({
    inputs: [{ name: "image", type: float([1, 1, "h", "w"]) }],
    outputs: more.outputs ?? [{ name: "denoised", type: float(["a", "b", "c", "d"]) }],
    constants,
    nodes: [
      {
        operator,
        domain: "",
        inputs: ["image", ...constants.map(({ name }) => name)],
        outputs: ["denoised"],
        attributes,
      },
    ],
  });
}

const int64 = (name: string, values: readonly number[]) => ({
  name,
  kind: "int" as const,
  shape: [values.length],
  data: BigInt64Array.from(values, BigInt),
});

const mean = { axes: { type: "ints" as const, value: [2, 3] } };
const plane = new Float32Array(16 * 12).map((_, i) => i % 5);
const size = { ny: 16, nx: 12, sigma: 0 };

describe("a model whose result is no plane", () => {
  it.each([
    ["the mean of the image", oneOperator("ReduceMean", { attributes: mean }), "1 × 1 × 1 × 1"],
    [
      "the image on its side",
      oneOperator("Transpose", { attributes: { perm: { type: "ints", value: [0, 1, 3, 2] } } }),
      "1 × 1 × 12 × 16",
    ],
    [
      "as many values in another shape",
      oneOperator("Reshape", {
        constants: [int64("shape", [1, 1, 24, 8])],
      }),
      "1 × 1 × 24 × 8",
    ],
    [
      "numbers of its shape",
      oneOperator("Shape", {
        outputs: [{ name: "denoised", type: { kind: "int", shape: ["n"] } }],
      }),
      "int shape 4",
    ],
  ])("is refused: %s", async (_, bytes, found) => {
    const model = await openDenoisingModel(bytes, { threads: 1 });
    await expect(model.denoisePlane(plane, size)).rejects.toThrow(
      `Cannot denoise by the model model: found a result of ${found.startsWith("int") ? "" : "shape "}${found}`,
    );
    await model.dispose();
  });

  it("is told apart from one that gives the plane back", async () => {
    const model = await openDenoisingModel(oneOperator("Identity"), { threads: 1 });
    expect(await model.denoisePlane(plane, size)).toEqual(plane);
    await model.dispose();
  });
});

it("lets no line of the runtime's own log through when a model fails", () => {
  // 192 values cannot become 7 × 7, which shows when it runs.
  const bytes = oneOperator("Reshape", { constants: [int64("shape", [1, 1, 7, 7])] });
  const script = `
    import { openDenoisingModel } from ${JSON.stringify(new URL("./denoising-model.ts", import.meta.url).href)};
    const bytes = Uint8Array.from(${JSON.stringify([...bytes])});
    const model = await openDenoisingModel(bytes, { threads: 1 });
    await model.denoisePlane(new Float32Array(192), { ny: 16, nx: 12, sigma: 0 }).then(
      () => console.log("ran"),
      (error) => console.log(error.name));
    process.exit(0);`;
  const words = ["--import", "tsx", "--input-type=module", "-e", script];
  const ran = spawnSync(process.execPath, words, {
    encoding: "utf8",
    cwd: new URL("../..", import.meta.url),
  });
  expect(ran).toMatchObject({ stdout: "RunError\n", stderr: "" });
});
