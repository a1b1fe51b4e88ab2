import { describe, expect, it, vi } from "vitest";
import { tellOfMissingFont } from "./rasterise.ts";

describe("a picture without the bundled font", () => {
  it("says once that it has no words, and how to get them", () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    try {
      // The font of this clone is there.
      tellOfMissingFont();
      expect(warn).not.toHaveBeenCalled();
      tellOfMissingFont(["/nowhere/DejaVuSans.ttf"]);
      tellOfMissingFont(["/nowhere/DejaVuSans.ttf"]);
      expect(warn.mock.calls.map(([text]) => text)).toEqual([
        expect.stringMatching(/^pictures have no words: .*npm run vendor$/),
      ]);
    } finally {
      warn.mockRestore();
    }
  });
});
