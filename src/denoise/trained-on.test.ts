import { describe, expect, it } from "vitest";
import {
  outsideTraining,
  outsideWarning,
  parseTrainedOn,
  type TrainedOn,
  usualTraining,
} from "./trained-on.ts";

const trained: TrainedOn = {
  noise: { low: 0.02, high: 0.2 },
  grain: { low: 1.2, high: 1.2 },
  units: ["HU"],
  modalities: ["CT"],
  spacing: { low: 0.5, high: 1.5 },
  windows: [{ unit: "HU", low: -160, high: 240 }],
};

const inside = { unit: "HU", noise: 0.1, grain: 1.3, spacing: [0.7, 0.7], modality: "CT" } as const;

describe("what a model was trained on", () => {
  it("is the usual where a card says nothing, and in the fields that it leaves out", () => {
    expect(parseTrainedOn(undefined, "a card")).toEqual(usualTraining);
    const partly = parseTrainedOn({ noise: { low: 0.1, high: 0.3 } }, "a card");
    expect(partly).toEqual({ ...usualTraining, noise: { low: 0.1, high: 0.3 } });
    expect(parseTrainedOn(JSON.parse(JSON.stringify(trained)), "a card")).toEqual(trained);
  });

  it.each([
    ["one thread of a processor", 'found trainedOn "one thread of a processor"'],
    [{ noise: { low: 0.3, high: 0.1 } }, 'found noise {"low":0.3,"high":0.1}, wanted numbers'],
    [{ units: ["Hounsfield"] }, "wanted a list of HU, 1/mm, normalised, arbitrary"],
    [{ windows: [{ unit: "HU", low: 1, high: 1 }] }, "wanted limits low < high with a unit"],
    [{ windows: [{ percentiles: [99, 1] }] }, "or two rising percentiles"],
  ])("names the field that is wrong: %j", (value, message) => {
    expect(() => parseTrainedOn(value, "the card x.json")).toThrow(message);
    expect(() => parseTrainedOn(value, "the card x.json")).toThrow("the card x.json");
  });
});

describe("an image outside", () => {
  it("is none where everything lies inside or within what measuring errs", () => {
    expect(outsideTraining(trained, inside)).toEqual([]);
    expect(outsideTraining(trained, { ...inside, noise: 0.21, spacing: [1.6, 1.6] })).toEqual([]);
    expect(outsideWarning("m", [])).toBeUndefined();
  });

  it.each([
    ["noise", { noise: 0.31 }, "noise of 0.31 of the window (trained on 0.02 to 0.2)"],
    ["noise", { noise: 0.01 }, "noise of 0.01 of the window (trained on 0.02 to 0.2)"],
    ["grain", { grain: 2.9 }, "noise 2.9 px wide (trained on 1.2, white noise)"],
    ["unit", { unit: "arbitrary" }, "intensities in unit arbitrary (trained on HU)"],
    ["modality", { modality: "MR" }, "modality MR (trained on CT)"],
    ["spacing", { spacing: [0.7, 4] }, "pixels of 4 mm (trained on 0.5 to 1.5)"],
  ] as const)("is told by its %s: %j", (what, change, text) => {
    const outside = outsideTraining(trained, { ...inside, ...change });
    expect(outside.map((one) => one.what)).toEqual([what]);
    expect(outsideWarning("m", outside)).toContain(text);
  });

  it("is one sentence for several things, and none for what nobody wrote down", () => {
    const strange = { unit: "arbitrary", noise: 0.5, grain: 4, spacing: [9, 9] } as const;
    const outside = outsideTraining(trained, strange);
    expect(outside.map((one) => one.what)).toEqual(["noise", "grain", "unit", "spacing"]);
    expect(outsideWarning("m", outside)!.match(/used outside/g)).toHaveLength(1);
    expect(outsideTraining(usualTraining, strange).map((one) => one.what)).toEqual([
      "noise",
      "grain",
    ]);
    const blind = { unit: "HU", noise: 0.1 } as const;
    expect(outsideTraining(trained, blind)).toEqual([]);
  });
});
