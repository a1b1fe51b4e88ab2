import { describe, expect, it } from "vitest";
import { streamOf } from "../../src/core/random.ts";
import type { Phantom } from "../../src/phantoms/phantom.ts";
import { catalogue } from "../../src/phantoms/catalogue.ts";
import { catalogue as acquisitions } from "../../src/physics/catalogue.ts";

/** Phantoms whose draw has nothing random at the parameters used here, each with its reason. */
const fixed: Readonly<Record<string, string>> = {
  "shepp-logan": "ten ellipses at published places",
  "water-inserts": "inserts at set places",
};

for (const [name, load] of Object.entries<() => Promise<Phantom>>(catalogue)) {
  describe(`phantom ${name}`, async () => {
    const phantom = await load();
    const small = { size: 48 };

    it("carries its own name and draws its unit", () => {
      expect(phantom.name).toBe(name);
      expect(phantom.draw(streamOf(1), small).image.unit).toBe(phantom.unit);
      expect(Object.keys(acquisitions)).toContain(phantom.acquisition);
    });

    it("gives the same bytes for the same stream and, where random, others for another", () => {
      const a = phantom.draw(streamOf(5, "case", 1), small);
      const b = phantom.draw(streamOf(5, "case", 1), small);
      const c = phantom.draw(streamOf(5, "case", 2), small);
      expect(b.image.data).toEqual(a.image.data);
      expect(b.labels?.data).toEqual(a.labels?.data);
      expect(b.truth).toEqual(a.truth);
      if (name in fixed) expect(c.image.data).toEqual(a.image.data);
      else expect(c.image.data).not.toEqual(a.image.data);
    });

    it("draws finite values of the asked size with labels it has named", () => {
      const { image, labels } = phantom.draw(streamOf(2), small);
      expect(image.shape.slice(-2)).toEqual([48, 48]);
      expect(image.data.every(Number.isFinite)).toBe(true);
      const found = new Set(labels?.data ?? []);
      found.delete(0);
      for (const label of found) expect(Object.keys(phantom.labels)).toContain(String(label));
      expect(labels?.shape ?? image.shape).toEqual(image.shape);
    });

    it("draws volumes where it says so, whose slices are those drawn alone", () => {
      if (!phantom.dimensions.includes(3)) {
        expect(Object.keys(phantom.parameters)).not.toContain("slices");
        return;
      }
      const volume = phantom.draw(streamOf(3), { ...small, slices: 2 });
      expect(volume.image.axes).toBe("zyx");
      expect(volume.image.shape).toEqual([2, 48, 48]);
      if ("zMm" in phantom.parameters) {
        const zMm = volume.truth.zMm as number;
        const again = phantom.draw(streamOf(3), { ...small, zMm });
        const first = volume.image.data.subarray(0, 48 * 48);
        // Lesions apart, anatomy depends on the place alone.
        expect(again.image.data).toEqual(first);
      }
    });

    it("refuses parameters out of range, naming them", () => {
      expect(() => phantom.draw(streamOf(1), { size: -3 })).toThrow(/parameter size .* found -3/);
    });
  });
}
