/** SVG to PNG by resvg, with the bundled font: system fonts would make figures differ between machines. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Resvg } from "@resvg/resvg-js";

const fontFiles = ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"].map((name) =>
  fileURLToPath(new URL(`../../vendor/dejavu-fonts-ttf/${name}`, import.meta.url)),
);

let told = false;

/**
 * Says once that pictures come without words, where the font is not there.
 *
 * @param fonts paths of the font's files
 */
export function tellOfMissingFont(fonts: readonly string[] = fontFiles): void {
  if (told || fonts.every((path) => existsSync(path))) return;
  told = true;
  process.emitWarning(
    "pictures have no words: found no font in the folder vendor, wanted it from npm ci or npm run vendor",
    { type: "dprime" },
  );
}

export function rasterise(svg: string, scale: number): Uint8Array {
  if (svg.includes("<text")) tellOfMissingFont();
  const drawing = new Resvg(svg, {
    fitTo: { mode: "zoom", value: scale },
    background: "white",
    font: {
      loadSystemFonts: false,
      fontFiles,
      defaultFontFamily: "DejaVu Sans",
      sansSerifFamily: "DejaVu Sans",
      serifFamily: "DejaVu Sans",
      monospaceFamily: "DejaVu Sans",
    },
  });
  return new Uint8Array(drawing.render().asPng());
}
