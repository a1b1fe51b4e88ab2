/** Cases of a description: every one drawn from a stream of its own, by whoever asks, in any order. */
import { InputError } from "../core/errors.ts";
import { type Image, layoutOf } from "../core/image.ts";
import { openMember } from "../core/member.ts";
import type { ParameterValues } from "../core/parameters.ts";
import type { WorkOptions } from "../core/progress.ts";
import { type Stream, streamOf } from "../core/random.ts";
import { catalogue as phantoms } from "../phantoms/catalogue.ts";
import { addSignal } from "../phantoms/insert.ts";
import type { BackgroundPopulation, Phantom } from "../phantoms/phantom.ts";
import type { CaseDescription } from "./description.ts";
import { openImaging } from "./imaging.ts";
import {
  type DrawnObject,
  NoPlaceError,
  openSignals,
  type PlacedSignal,
  type SignalSource,
  spatialShape,
} from "./signals.ts";
import { checkSpreads, drawSpreads, fixedValues } from "./spread.ts";

export interface DrawnCase {
  /** The true object, with its signal if it has one. */
  readonly object: Image;
  readonly noisy: Image;
  /** The noisy image without its noise. */
  readonly reference: Image;
  /** Classes of the object's voxels, on the object's grid. */
  readonly labels?: Image;
  /** Standard deviation of the noise in the noisy image's unit. */
  readonly sigma: number;
  /** Where the signal is, or would be: voxel of the image, slowest axis first. */
  readonly place?: readonly number[];
  /** Where it is expected: `place` without what the tolerance of its place added. */
  readonly expected?: readonly number[];
  /** What was drawn for this case alone: options of the object, the signal, and the imaging. */
  readonly drawn: Readonly<Record<"object" | "signal" | "imaging", ParameterValues>>;
  readonly notes: Readonly<Record<string, number | string>>;
}

export interface DrawOptions extends WorkOptions {
  /** Whether the signal is there; only with a description that has one. Defaults to false. */
  readonly present?: boolean;
  /** Another name gives the same object, imaged with the same options, with other noise. */
  readonly noise?: string;
}

export interface CaseSource {
  /** Sizes of the objects, slowest axis first; images may have others. */
  readonly shape: readonly number[];
  /** Names of the classes in `labels`. */
  readonly labels: Readonly<Record<number, string>>;
  readonly signals: SignalSource | undefined;
  /** Whether an image is its object plus noise, voxel by voxel. */
  readonly direct: boolean;
  /** Level of white Gaussian noise, where that is all that imaging adds and it is the same for all cases. */
  readonly gaussian: number | undefined;
  /** Mean and power spectrum of the background, where theory gives them and the image is the object. */
  population(): BackgroundPopulation | undefined;
  /** @throws InputError where the imaging cannot take the object */
  draw(stream: Stream, options?: DrawOptions): Promise<DrawnCase>;
  /** The signal in the images, where all cases have the same at the same place and images are objects plus noise. */
  exactSignal(stream: Stream): Float32Array | undefined;
  /** The same object with and without its signal, both imaged without noise. */
  pair(
    stream: Stream,
    work?: WorkOptions,
  ): Promise<{ absent: Image; present: Image; place: readonly number[] }>;
}

export interface OpenCasesOptions {
  /** Of what all cases share: the form of a fixed signal, the object that a noise level is taken from. */
  readonly seed: number;
}

/** An object with what was drawn for it. */
interface DrawnWhole extends DrawnObject {
  readonly parameters: ParameterValues;
}

/** Objects drawn for one case before its signal is said to have no place. */
const mostObjects = 8;

/**
 * Opens a description for drawing.
 *
 * @throws InputError on names that do not exist and options out of range
 */
export async function openCases(
  description: CaseDescription,
  { seed }: OpenCasesOptions,
): Promise<CaseSource> {
  const { object: kind } = description;
  const phantom = await openMember<Phantom>(
    phantoms,
    kind.name,
    `Cannot draw an object: found no phantom ${kind.name}`,
  );
  checkSpreads(`phantom ${kind.name}`, phantom.parameters, kind.options);
  const fixed = fixedValues(kind.options);
  const objectOf = (stream: Stream): DrawnWhole => {
    const parameters =
      fixed ?? drawSpreads(stream.child("object options"), kind.options, phantom.parameters);
    const { image, labels } = phantom.draw(stream.child("object"), parameters);
    return { image, labels, names: phantom.labels, parameters };
  };
  const probe = phantom.draw(
    streamOf(seed, "probe"),
    fixed ?? drawSpreads(streamOf(seed, "probe options"), kind.options, phantom.parameters),
  ).image;
  if (layoutOf(probe).blocks !== 1) {
    throw new InputError(
      `Cannot draw cases: found ${kind.name} of axes ${probe.axes}, wanted planes or volumes`,
    );
  }
  const imaging = await openImaging(description, probe);
  const signals =
    description.signal && (await openSignals(description.signal, () => streamOf(seed, "signal")));
  /** An object with its signal placed; one that holds no place for it is drawn anew. */
  const caseOf = (stream: Stream): { object: DrawnWhole; signal: PlacedSignal | undefined } => {
    for (let attempt = 0; ; attempt++) {
      const own = attempt === 0 ? stream : stream.child("object anew", attempt);
      const object = objectOf(own);
      try {
        return { object, signal: signals?.draw(object, own.child("signal")) };
      } catch (error) {
        if (!(error instanceof NoPlaceError) || attempt === mostObjects - 1) throw error;
      }
    }
  };

  return {
    shape: spatialShape(probe),
    labels: phantom.labels,
    signals,
    direct: imaging.direct,
    gaussian: imaging.gaussian,
    population: () =>
      imaging.direct && fixed !== undefined ? phantom.population?.(fixed) : undefined,
    async draw(stream, { present = false, noise, ...work } = {}) {
      const { object, signal } = caseOf(stream);
      if (present && signal === undefined) {
        throw new InputError("Cannot draw a case with a signal: found none in its description");
      }
      const whole = present && signal ? addSignal(object.image, signal.values()) : object.image;
      const options = stream.child("noise");
      const noiseStream = noise === undefined ? options : options.child(noise);
      const imaged = await imaging.image(whole, noiseStream, { ...work, options });
      const { noisy, reference, sigma, notes } = imaged;
      return {
        object: whole,
        noisy,
        reference,
        sigma,
        ...(object.labels === undefined ? {} : { labels: object.labels }),
        ...(signal === undefined
          ? {}
          : {
              place: placeIn(noisy, object.image, signal.centre),
              expected: placeIn(noisy, object.image, signal.expected),
            }),
        drawn: {
          object: object.parameters,
          signal: present && signal ? { signal: signal.name, ...signal.parameters } : {},
          imaging: imaged.parameters,
        },
        notes,
      };
    },
    exactSignal: (stream) =>
      imaging.direct && signals?.sameSignal && signals.samePlace
        ? caseOf(stream).signal?.values()
        : undefined,
    async pair(stream, work = {}) {
      const { object, signal } = caseOf(stream);
      if (signal === undefined) {
        throw new InputError("Cannot draw a pair of cases: found no signal in their description");
      }
      const both = [object.image, addSignal(object.image, signal.values())];
      const images: Image[] = [];
      for (const one of both) {
        images.push((await imaging.image(one, stream.child("noise"), work)).reference);
      }
      const [absent, withSignal] = images as [Image, Image];
      const place = placeIn(absent, object.image, signal.centre);
      return { absent, present: withSignal, place };
    },
  };
}

/** A voxel of the object as one of the image, by its place in the world. */
function placeIn(image: Image, object: Image, centre: readonly number[]): readonly number[] {
  if (image.axes !== object.axes) {
    throw new InputError(
      `Cannot place a signal: found images of axes ${image.axes} of objects of axes ${object.axes}, wanted the same`,
    );
  }
  // World axes x, y, z of columns 0, 1, 2 of the direction; voxels run the other way round.
  const [i = 0, j = 0, k = 0] = [...centre].reverse();
  const [sz, sy, sx] = object.spacing;
  const steps = [i * sx, j * sy, k * sz];
  const fromImage = [0, 1, 2].map(
    (r) =>
      object.origin[r]! -
      image.origin[r]! +
      steps.reduce((sum, step, c) => sum + object.direction[3 * r + c]! * step, 0),
  );
  const place = [0, 1, 2].map(
    (c) =>
      fromImage.reduce((sum, w, r) => sum + image.direction[3 * r + c]! * w, 0) /
      image.spacing[2 - c]!,
  );
  return place.slice(0, centre.length).reverse();
}
