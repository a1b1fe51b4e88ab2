import { expect, it } from "vitest";
import { catalogue as denoisers } from "../denoise/catalogue.ts";
import { editDistance, nearestNames, oneOf } from "./nearest-names.ts";

it.each([
  ["", "abc", 3],
  ["kitten", "sitting", 3],
  ["gausian", "gaussian", 1],
  ["mde", "med", 1],
  ["ca", "abc", 3],
])("counts the edits from %j to %j", (a, b, edits) => {
  expect(editDistance(a, b)).toBe(edits);
  expect(editDistance(b, a)).toBe(edits);
});

const names = Object.keys(denoisers);

it.each([
  ["nlm", "non-local-means"],
  ["tv", "total-variation"],
  ["tgv", "total-generalised-variation"],
  ["BM3D", "bm3d"],
  ["gausian", "gaussian"],
  ["Non_Local_Means", "non-local-means"],
  ["medain", "median"],
  ["wavelet", "wavelet-shrinkage"],
])("takes %s for %s", (word, name) => {
  expect(nearestNames(word, names)[0]).toBe(name);
});

it("finds nothing near a word of its own", () => {
  expect(nearestNames("magic", names)).toEqual([]);
  expect(nearestNames("", names)).toEqual([]);
});

it("ends a refusal with the nearest, with all of a few, and with all where none is near", () => {
  expect(oneOf("blak", ["white", "black"])).toBe("one of black, white");
  expect(oneOf("gausian", names)).toBe(`one of gaussian or ${names.length - 1} others`);
  expect(oneOf("magic", names)).toBe(`one of ${names.join(", ")}`);
});
