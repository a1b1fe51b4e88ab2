/**
 * DICOM [nema2024ps35, nema2024ps310]: one object, classic or multi-frame, in every transfer syntax that can be
 * decoded. Folders of objects are the business of `series.ts`; derived objects of `dicom/derive.ts`.
 */
import type { Image } from "../core/image.ts";
import { writeNewDicom } from "../dicom/create.ts";
import { textOf } from "../dicom/elements.ts";
import { tagOf } from "../dicom/dictionary.ts";
import { labelsOf } from "../dicom/labels.ts";
import { looksLikeDicom } from "../dicom/parse.ts";
import { imagesOf } from "../dicom/parts.ts";
import { type DicomImage, readDicom } from "../dicom/read.ts";
import { elementsToWrite } from "./elements-to-write.ts";
import type {
  Decoded,
  Facts,
  Format,
  Holding,
  ReadOptions,
  WriteOptions,
  Written,
} from "./format.ts";

const shown = [
  "Modality",
  "Manufacturer",
  "ManufacturerModelName",
  "StudyDescription",
  "SeriesDescription",
  "ImageType",
  "SOPClassUID",
  "SOPInstanceUID",
  "SeriesInstanceUID",
  "BodyPartExamined",
  "SliceThickness",
  "KVP",
  "ConvolutionKernel",
  "WindowCenter",
  "WindowWidth",
  "RescaleType",
] as const;

/** Header fields of a DICOM image worth showing; none of them identifies a person. */
function dicomHeader(object: DicomImage): Record<string, unknown> {
  const header: Record<string, unknown> = {
    TransferSyntax: object.file.syntax.title,
    PhotometricInterpretation: object.layout.photometric,
    BitsStored: object.layout.bitsStored,
  };
  for (const keyword of shown) {
    const tag = tagOf(keyword);
    const text = tag === undefined ? undefined : textOf(object.file.dataSet, tag);
    if (text !== undefined) header[keyword] = text;
  }
  return header;
}

const title = "DICOM";
const holds: Holding = {
  types: ["int8", "uint8", "int16", "uint16", "int32", "uint32", "float32", "float64"],
  axes: ["yx", "zyx", "tyx", "tzyx", "cyx", "czyx", "tcyx", "tczyx"],
  kinds: ["scalar", "rgb"],
  geometry: "full",
  timeStep: false,
  scaling: true,
  unit: true,
};

/** The header of an object or a series, which a new object does not take over. */
export function headerFact(uid: string | undefined): Facts {
  return {
    "the DICOM header": `patient, study, equipment and acquisition of ${uid ?? "an object without UID"}`,
  };
}

async function read(bytes: Uint8Array, options: ReadOptions = {}): Promise<Decoded> {
  const object = await readDicom(bytes, {
    ...(options.maxElements === undefined ? {} : { maxElements: options.maxElements }),
    ...(options.unit === undefined ? {} : { unit: options.unit }),
    ...(options.signal ? { signal: options.signal } : {}),
  });
  const noImage = labelsOf(object.file.dataSet);
  return {
    format: "dicom",
    images: imagesOf(object, options.gaps).map(({ part, findings, ...one }) => ({
      ...one,
      name: [textOf(object.file.dataSet, 0x0008103e) ?? "", part].filter(Boolean).join(", "),
      notes: findings,
      facts: headerFact(textOf(object.file.dataSet, 0x00080018)),
      ...(noImage === undefined ? {} : { noImage }),
    })),
    notes: [],
    header: dicomHeader(object),
    source: object,
  };
}

async function write(image: Image, options: WriteOptions): Promise<Written> {
  const elements = elementsToWrite(image, options, { title, holds });
  const { stored } = options;
  const untouched = stored?.data === elements.data;
  // Colours side by side are what DICOM stores; anything else is rounded to them by the writer.
  const ready =
    !image.axes.includes("c") || (elements.components === 3 && !elements.type.startsWith("float"));
  const { bytes, notes } = await writeNewDicom(image, {
    ...(options.signal ? { signal: options.signal } : {}),
    ...(options.description ? { description: options.description } : {}),
    ...(ready
      ? {
          stored: {
            data: elements.data,
            type: elements.type,
            components: elements.components,
            slope: elements.slope,
            intercept: elements.intercept,
            ...(untouched && stored?.bits !== undefined ? { bits: stored.bits } : {}),
            ...(untouched && stored?.padding !== undefined ? { padding: stored.padding } : {}),
            ...(untouched && stored?.paddingLimit !== undefined
              ? { paddingLimit: stored.paddingLimit }
              : {}),
          },
        }
      : {}),
  });
  const lost = elements.lost.filter((one) => !(untouched && one.includes("padding")));
  return { files: [{ name: options.fileName, bytes }], lost: [...lost, ...notes] };
}

export const dicom: Format = {
  name: "dicom",
  title,
  summary:
    "Medical images as scanners and archives write them, with patient, geometry and history.",
  extensions: [".dcm", ".dicom", ".ima"],
  holds,
  sniff: looksLikeDicom,
  read,
  write,
};
