/** SVG to PNG by the page's own renderer, where a bundler for the browser puts this in place of resvg. */
import { RunError } from "../core/errors.ts";

export async function rasterise(svg: string, scale: number): Promise<Uint8Array> {
  const picture = new Image();
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await picture.decode();
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil(picture.naturalWidth * scale);
  canvas.height = Math.ceil(picture.naturalHeight * scale);
  const pen = canvas.getContext("2d");
  if (pen === null) throw new RunError("Cannot draw a figure: found no 2-D canvas in this page");
  pen.fillStyle = "white";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  if (blob === null) throw new RunError("Cannot draw a figure: the page gave no PNG");
  return new Uint8Array(await blob.arrayBuffer());
}
