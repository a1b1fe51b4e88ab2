/** A training whose answer is known: organs of phantoms that the network never saw, a mean Dice coefficient above 0.9. */

/** Seed and sources; 120 objects to learn from, 12 others to validate on, on pixels of about 5 mm. */
export function organsDescription({ steps = 200 }: { steps?: number } = {}): object {
  const section = (count: number) => ({
    sources: [
      {
        kind: "simulated",
        object: { name: "abdomen", options: { size: 64 } },
        noise: { name: "gaussian", options: { sigma: 20 } },
        count,
        windows: [{ low: -160, high: 240, clip: true }],
      },
    ],
    classes: [
      { name: "liver", of: ["liver", "liver vessel", "lesion"] },
      { name: "kidneys", of: ["kidney"] },
    ],
    augment: { flip: false, turn: false },
  });
  return {
    name: "organs",
    seed: 1,
    method: { name: "segmentation" },
    network: { name: "unet", options: { width: 8, levels: 3, classes: 3 } },
    loss: { name: "dice" },
    schedule: { rate: 0.01, warmup: 10 },
    steps,
    batch: 4,
    patch: 64,
    data: section(120),
    validation: { name: "dice", data: section(12), every: 100, patches: 12 },
  };
}
