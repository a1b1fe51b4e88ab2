/** Whole training steps on every provider that can run here, against the interpreter. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { lower } from "../../src/graph/lower.ts";
import { convTranspose } from "../../src/graph/ops/conv.ts";
import { input } from "../../src/graph/ops/input.ts";
import { trainChain, trainSmall } from "./small-training.ts";

const folder = dirname(fileURLToPath(import.meta.url));
const tsx = join(folder, "../../node_modules/.bin/tsx");

/** Debian's chromium ships a Vulkan driver in software: enough for WebGPU without a GPU. */
const chromium = "/usr/lib/chromium";
const hasDriver = existsSync(join(chromium, "libvk_swiftshader.so"));
if (!hasDriver)
  console.log("skipped: no software Vulkan driver here (Debian: chromium), WebGPU is not run");

function steps(provider: string, environment: NodeJS.ProcessEnv = {}) {
  const text = execFileSync(tsx, [join(folder, "steps.ts"), provider], {
    encoding: "utf8",
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "ignore"],
  });
  return JSON.parse(text.trim().split("\n").at(-1)!) as {
    planar: number;
    volume: number;
    losses: number[];
    chain: number[];
  };
}

// Float32 through three steps of a three-layer chain; the providers' own sums differ in order.
const tolerance = 1e-4;

/** Largest distance of a training's losses from those of the native CPU provider, relative to each. */
async function lossDistance(losses: readonly number[], train = trainSmall): Promise<number> {
  const wanted = await train({ provider: "cpu", threads: 1 });
  expect(losses).toHaveLength(wanted.length);
  return Math.max(...wanted.map((loss, i) => Math.abs(losses[i]! - loss) / loss));
}

describe("providers", () => {
  it.each(["cpu", "wasm"])(
    "takes training steps on %s as the interpreter does",
    async (provider) => {
      const { planar, volume, losses } = steps(provider);
      expect(planar).toBeLessThan(tolerance);
      expect(volume).toBeLessThan(tolerance);
      expect(await lossDistance(losses)).toBeLessThan(tolerance);
    },
  );

  it.skipIf(!hasDriver)(
    "takes training steps on webgpu as the interpreter does",
    async () => {
      const { planar, volume, chain } = steps("webgpu", {
        LD_LIBRARY_PATH: chromium,
        VK_ICD_FILENAMES: join(chromium, "vk_swiftshader_icd.json"),
      });
      expect(planar).toBeLessThan(tolerance);
      expect(volume).toBeLessThan(tolerance);
      // Twenty steps of Adam, to the losses of the native CPU provider.
      expect(chain).toHaveLength(20);
      expect(chain.at(-1)!).toBeLessThan(0.9 * chain[0]!);
      expect(await lossDistance(chain, trainChain)).toBeLessThan(tolerance);
      // The software driver builds a program for every kind of operator before the first step.
    },
    180_000,
  );

  it("names operator and provider where no lowering exists", () => {
    const y = convTranspose(input("y", [1, 2, 3, 3, 3]), input("w", [2, 2, 2, 2, 2]), {
      stride: 2,
    });
    expect(() => lower({ y }, { provider: "webgpu" })).toThrow(
      /"conv input adjoint" for provider webgpu: found 3 dimensions with stride 2x2x2/,
    );
  });
});
