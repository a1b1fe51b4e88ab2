/** Parts of the page that need no browser. */
import { describe, expect, it } from "vitest";
import { commandLine } from "../../workbench/look/command-line.ts";
import { profileOf, regionFigures, within } from "../../workbench/look/measure-region.ts";
import { valueText } from "../../workbench/parts/text.ts";
import { addressOf, type View, viewOf } from "../../workbench/state/view.ts";
import { keyAction } from "../../workbench/viewer/keys.ts";
import { planeStore } from "../../workbench/viewer/plane-store.ts";
import {
  centred,
  imagePoint,
  moved,
  panePoint,
  scaleOf,
  zoomed,
} from "../../workbench/viewer/view-place.ts";
import { planeLayout } from "../../src/workflows/view/plane-encoding.ts";

const size = { rows: 100, columns: 200, aspect: 2 };
const pane = { width: 300, height: 240 };

describe("the place of a view", () => {
  it("fits an image with pixels that are higher than wide", () => {
    expect(scaleOf(centred(size), size, pane)).toEqual({ x: 1.2, y: 2.4 });
    const point = panePoint({ x: 100, y: 50 }, { place: centred(size), size, pane });
    expect(point).toEqual({ x: 150, y: 120 });
  });

  it("keeps the point under the pointer when it zooms, and gives every point back", () => {
    const at = { x: 40, y: 200 };
    let view = { place: centred(size), size, pane };
    for (const factor of [1.3, 2, 0.4]) {
      const before = imagePoint(at, view);
      view = { ...view, place: zoomed(view, { factor, at }) };
      const after = imagePoint(at, view);
      expect(after.x).toBeCloseTo(before.x, 9);
      expect(after.y).toBeCloseTo(before.y, 9);
      expect(panePoint(after, view).x).toBeCloseTo(at.x, 9);
    }
  });

  it("does not move out of the image", () => {
    const far = moved({ place: centred(size), size, pane }, { x: -9999, y: 9999 });
    expect([far.x, far.y]).toEqual([200, 0]);
  });
});

describe("the address", () => {
  it("holds the view", () => {
    const view: View = {
      image: "0123456789ab",
      plane: 7,
      window: { low: -160.5, high: 240 },
      mode: "wipe",
      place: { zoom: 1.25, x: 33.3, y: 12 },
      region: { x: 1, y: 2, width: 3, height: 4 },
      line: { from: [0, 1], to: [20, 30] },
    };
    expect(viewOf(addressOf(view))).toEqual(view);
  });

  it("leaves out what is wrong", () => {
    expect(viewOf("#/look?image=../x&plane=-1&window=5+2&mode=magic&place=0+1+2&region=1")).toEqual(
      {
        mode: "side",
      },
    );
    expect(viewOf("")).toEqual({ mode: "side" });
  });
});

describe("figures of a region", () => {
  const plane = {
    key: "a/0",
    rows: 3,
    columns: 4,
    values: Float32Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, NaN, 12]),
  };

  it("are those of its finite pixels, inside of the plane", () => {
    const region = within({ x: 2, y: 1, width: 9, height: 9 }, plane);
    expect(region).toEqual({ x: 2, y: 1, width: 2, height: 2 });
    const { count, mean, deviation, min, max } = regionFigures(plane, region);
    expect([count, mean, min, max]).toEqual([3, 9, 7, 12]);
    // 7, 8, 12: squares 4 + 1 + 9 over n − 1 = 2.
    expect(deviation).toBeCloseTo(Math.sqrt(7), 12);
  });

  it("follow a line pixel by pixel, in widths of a column", () => {
    const { at, values } = profileOf(plane, { from: [3, 0], to: [3, 2] }, 2);
    expect(values).toEqual([4, 8, 12]);
    expect(at).toEqual([0, 2, 4]);
    expect(profileOf(plane, { from: [2, 2], to: [5, 2] }, 1).values).toEqual([
      null,
      12,
      null,
      null,
    ]);
  });
});

describe("the store of planes", () => {
  const image = {
    id: "a",
    type: "int16",
    ...planeLayout({ axes: "zyx", shape: [6, 1000, 1000] }),
  } as Parameters<ReturnType<typeof planeStore>["load"]>[0];

  it("asks for neighbours at once, and once", async () => {
    const asked: string[] = [];
    const store = planeStore({
      planes(id, { from, count }) {
        asked.push(`${id} ${from} ${count}`);
        const values = new Int16Array(count * 1_000_000);
        for (let k = 0; k < count; k++) values[k * 1_000_000 + 5] = from + k;
        return Promise.resolve(values.buffer);
      },
    });
    const [a, b] = await Promise.all([store.load(image, 2), store.load(image, 3)]);
    expect(asked).toEqual(["a 2 2"]);
    expect([a.values[5], b.values[5]]).toEqual([2, 3]);
    expect(store.get(image, 4)).toBeUndefined();
    await store.load(image, 5);
    expect(asked).toEqual(["a 2 2", "a 4 2"]);
  });
});

it("writes values with every digit of a float32", () => {
  expect(valueText(Math.fround(0.1))).toBe("0.1");
  expect(valueText(-1024)).toBe("−1024");
  expect(valueText(Math.fround(1234.5678))).toBe("1234.568");
  expect(valueText(NaN)).toBe("no number");
});

it("says the command line of a result, quoted for a shell", () => {
  const image = { name: "head scan.nii.gz", format: "nifti", planes: 3 };
  const parameters = { patch: 2, keep: 5, strength: 0.7 };
  expect(commandLine(image, { method: "preserving+bm3d", parameters })).toBe(
    "dprime denoise 'head scan.nii.gz' -o 'denoised-head scan.nii.gz' --method preserving+bm3d -p patch=2 --keep 5 --strength 0.7",
  );
});

it("leaves keys of the browser to it", () => {
  const plain = { shiftKey: false, ctrlKey: false, metaKey: false, altKey: false };
  expect(keyAction({ ...plain, key: "ArrowDown" })).toEqual({ kind: "plane", by: 1 });
  expect(keyAction({ ...plain, key: "w" })).toEqual({ kind: "mode", mode: "wipe" });
  expect(keyAction({ ...plain, key: "w", ctrlKey: true })).toBeUndefined();
  expect(keyAction({ ...plain, key: "Tab" })).toBeUndefined();
});
