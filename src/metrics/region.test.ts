import { describe, expect, it } from "vitest";
import { makeImage } from "../core/image.ts";
import { regionOfMask, regionOfShape, regionSlice } from "./region.ts";

const plane = makeImage(new Float32Array(100), [10, 10], { spacing: [1, 0.5, 0.5] });
const volume = makeImage(new Float32Array(300), [3, 10, 10]);

describe("regions", () => {
  it("counts voxels whose centres lie inside a shape", () => {
    expect(regionOfShape("rectangle:2,3,4,2", plane).voxels).toBe(8);
    expect(regionOfShape("disk:5,5,2", plane).voxels).toBe(13);
    expect(regionOfShape("disk:2.5,2.5,1mm", plane).voxels).toBe(13); // the same disk in millimetres
    expect(regionOfShape("box:0,0,1,2,2,1", volume).voxels).toBe(4);
    expect(regionOfShape("ball:5,5,1,1", volume).voxels).toBe(7);
  });
  it("cuts slices and holds planar regions for all of them", () => {
    const box = regionOfShape("box:0,0,1,2,2,1", volume);
    expect(regionSlice(box, 0)).toBeNull();
    expect(regionSlice(box, 1)!.reduce((a, b) => a + b, 0)).toBe(4);
    expect(regionSlice(regionOfShape("disk:5,5,2", volume), 2)!.length).toBe(100);
  });
  it("refuses what is no region", () => {
    expect(() => regionOfShape("circle:1,2,3", plane)).toThrow(/Cannot read region "circle:1,2,3"/);
    expect(() => regionOfShape("disk:1,2", plane)).toThrow(/disk:x,y,radius/);
    expect(() => regionOfShape("disk:50,50,2", plane)).toThrow(/no voxel inside/);
    expect(() => regionOfShape("box:0,0,0,1,1,1", plane)).toThrow(/planar image/);
    expect(() => regionOfMask(plane)).toThrow(/no voxel inside/);
  });
});
