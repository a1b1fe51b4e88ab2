/** Images of a file, a series or a folder in memory, each of which can be written back as it was read. */
import type { WorkOptions } from "../core/progress.ts";
import type { InputOptions, ReadImage } from "./input.ts";
import { openInput } from "./open-input.ts";

export interface OpenedImage extends ReadImage {
  /** The file's name, or what the series is called. */
  readonly name: string;
}

/**
 * Opens a file, or a folder: DICOM files in it are read as series, each one image; other files one by one.
 *
 * @throws InputError when there is nothing that can be read; FormatError when a file is damaged; CancelledError
 */
export async function openImages(
  path: string,
  options: WorkOptions & InputOptions = {},
): Promise<OpenedImage[]> {
  const { signal, onProgress } = options;
  const { images } = await openInput(path, options);
  const opened: OpenedImage[] = [];
  for (const one of images) {
    opened.push({ name: one.name, ...(await one.open({ signal, onProgress })) });
  }
  return opened;
}
