/**
 * A client of DICOMweb (PS3.18): QIDO-RS finds, WADO-RS gets, STOW-RS puts. Objects are bytes here; one of them,
 * or one request of at most `batchBytes`, is in memory at a time.
 *
 * Whatever may be asked twice is asked again after a lost connection or an overloaded server. Nothing is ever
 * replaced: an object whose UID is there already is not sent.
 */
import { CancelledError, InputError, messageOf, RunError, throwIfAborted } from "../core/errors.ts";
import type { WorkOptions } from "../core/progress.ts";
import { boundaryOf, dicomBody, readParts } from "./multipart.ts";

/** What an address names: an archive, a study, a series. */
export interface DicomWebPlace {
  /** Address of the service without a slash at its end. */
  readonly service: string;
  readonly study?: string;
  readonly series?: string;
  /** As it was given, without a password. */
  readonly shown: string;
}

export interface DicomWebOptions extends WorkOptions {
  /** Bearer token. It is never sent over plain HTTP to another machine. */
  readonly token?: string | undefined;
  /** Times that a request is repeated; 5 by default. */
  readonly retries?: number;
  /** Seconds for which a server may be silent; 120 by default. */
  readonly silenceSeconds?: number;
  /** Bytes of objects in one request of STOW; 64 MiB by default. */
  readonly batchBytes?: number;
  /** Bytes that one object may have; 2 GiB by default. */
  readonly maxBytes?: number;
  readonly fetch?: typeof globalThis.fetch;
  /** Waits so many ms. */
  readonly pause?: (ms: number) => Promise<void>;
}

/** Attributes of DICOM JSON (PS3.18 F) by tag. */
export type DicomJson = Readonly<
  Record<string, { readonly vr?: string; readonly Value?: readonly unknown[] }>
>;

const uidForm = /^[0-9.]{1,64}$/;

/** Whether a path is such an address. */
export function isDicomWeb(path: string): boolean {
  return /^dicomweb(\+http)?:\/\//i.test(path);
}

/**
 * Reads `dicomweb://HOST/PATH[/studies/UID[/series/UID]]`, which is HTTPS; `dicomweb+http://` is plain HTTP.
 *
 * @throws InputError on any other form
 */
export function dicomWebPlace(address: string): DicomWebPlace {
  const wrong = (found: string): InputError =>
    new InputError(
      `Cannot use the address ${address.replace(/\/\/[^/@]*@/, "//")}: found ${found}, wanted dicomweb://HOST/PATH, with /studies/UID/series/UID for one series`,
    );
  const [, plain, rest = ""] = /^dicomweb(\+http)?:\/\/(.*)$/i.exec(address) ?? [];
  let url: URL;
  try {
    url = new URL(`${plain === undefined ? "https" : "http"}://${rest}`);
  } catch {
    throw wrong("no host");
  }
  if (url.username !== "" || url.password !== "") {
    throw wrong("a password, which belongs into the environment (DPRIME_DICOMWEB_TOKEN)");
  }
  if (url.search !== "" || url.hash !== "") throw wrong("a question mark or #");
  const path = url.pathname.replace(/\/+$/, "");
  const [before = "", tail] = path.split(/\/studies(?=\/|$)/);
  const parts = (tail ?? "").split("/").filter((part) => part !== "");
  const [study, word, series, ...more] = parts;
  if (more.length > 0 || (word !== undefined && (word !== "series" || series === undefined))) {
    throw wrong(`the path ${path}`);
  }
  for (const uid of [study, series]) {
    if (uid !== undefined && !uidForm.test(uid)) throw wrong(`"${uid}" for a UID`);
  }
  return {
    service: `${url.origin}${before}`,
    ...(study === undefined ? {} : { study }),
    ...(series === undefined ? {} : { series }),
    shown: address,
  };
}

/** The first value of an attribute as text; empty where there is none. */
export function valueOf(attributes: DicomJson, tag: string): string {
  const [value] = attributes[tag]?.Value ?? [];
  if (typeof value === "object" && value !== null && "Alphabetic" in value) {
    return String(value.Alphabetic);
  }
  return value === undefined || value === null ? "" : String(value as string | number);
}

const tags = { instance: "00080018" } as const;

/** Rows of one page of a search. */
const pageRows = 200;

/**
 * Searches (QIDO-RS), page by page.
 */
export async function* findObjects(
  place: DicomWebPlace,
  {
    level,
    filters = {},
    ...options
  }: DicomWebOptions & {
    /** What is looked for, within the study or series that the place names. */
    readonly level: "studies" | "series" | "instances";
    /** Attribute keyword or tag to value, as PS3.18 has them. */
    readonly filters?: Readonly<Record<string, string>>;
  },
): AsyncGenerator<DicomJson> {
  const { service, study, series } = place;
  const inStudy = study === undefined || level === "studies" ? "" : `/studies/${study}`;
  const inSeries = series === undefined || level !== "instances" ? "" : `/series/${series}`;
  const named: Record<string, string> = { ...filters };
  if (level === "studies" && study !== undefined) named.StudyInstanceUID = study;
  if (level === "series" && series !== undefined) named.SeriesInstanceUID = series;
  const seen = new Set<string>();
  for (let offset = 0; ; ) {
    const query = new URLSearchParams(named);
    query.set("limit", String(pageRows));
    query.set("offset", String(offset));
    const rows = await requested(
      place,
      { ...options, path: `${service}${inStudy}${inSeries}/${level}?${query.toString()}` },
      async (response) => {
        if (response.status === 204) return [];
        return JSON.parse(await response.text()) as DicomJson[];
      },
      { headers: { accept: "application/dicom+json" } },
    );
    let added = 0;
    for (const row of rows) {
      const id = JSON.stringify(row);
      // A server that knows no offset gives the same page again and again.
      if (seen.has(id)) continue;
      seen.add(id);
      added++;
      yield row;
    }
    // A short page is no last one: a server may cap pages below what was asked for.
    if (added === 0) return;
    offset += rows.length;
  }
}

/**
 * Gets the objects of a series or a study (WADO-RS), each by a request of its own, so that a connection lost
 * in the middle costs one object.
 */
export async function* getObjects(
  place: DicomWebPlace,
  options: DicomWebOptions = {},
): AsyncGenerator<{ readonly uid: string; readonly bytes: Uint8Array<ArrayBuffer> }> {
  const { signal, onProgress, maxBytes = 2 ** 31 } = options;
  if (place.study === undefined) {
    throw new InputError(
      `Cannot get from ${place.shown}: found no study, wanted …/studies/UID or …/studies/UID/series/UID`,
    );
  }
  const found: { uid: string; series: string }[] = [];
  for await (const row of findObjects(place, { ...options, level: "instances" })) {
    const series = place.series ?? valueOf(row, "0020000E");
    found.push({ uid: valueOf(row, tags.instance), series });
  }
  if (found.length === 0) {
    throw new InputError(`Cannot get from ${place.shown}: found no object, wanted some`);
  }
  let done = 0;
  for (const { uid, series } of found) {
    throwIfAborted(signal, `getting ${place.shown}`);
    if (!uidForm.test(uid) || !uidForm.test(series)) {
      throw new RunError(`Cannot get from ${place.shown}: found "${uid}" for a UID`);
    }
    const path = `${place.service}/studies/${place.study}/series/${series}/instances/${uid}`;
    const bytes = await requested(
      place,
      { ...options, path },
      async (response) => {
        const boundary = boundaryOf(response.headers.get("content-type") ?? "");
        if (boundary === undefined || response.body === null) {
          throw new RunError(`found ${response.headers.get("content-type")}, wanted multipart`);
        }
        // Types of the browser's stream say nothing of its iterator, which Node and browsers have.
        const body = response.body as unknown as AsyncIterable<Uint8Array>;
        const parts: Uint8Array<ArrayBuffer>[] = [];
        for await (const part of readParts(body, { boundary, maxBytes })) parts.push(part.bytes);
        const [only] = parts;
        if (only === undefined) throw new RunError("found an empty answer, wanted one object");
        return only;
      },
      { headers: { accept: 'multipart/related; type="application/dicom"; transfer-syntax=*' } },
    );
    yield { uid, bytes };
    onProgress?.({ done: ++done, total: found.length, label: "getting" });
  }
}

/** An object that is to be stored. */
export interface OutgoingObject {
  readonly study: string;
  readonly series: string;
  readonly uid: string;
  readonly bytes: Uint8Array;
}

export interface StoreReport {
  /** UIDs of the objects that the archive took. */
  readonly stored: readonly string[];
  /** UIDs that were there already; they were not sent. */
  readonly present: readonly string[];
}

/**
 * Stores objects (STOW-RS), as many in one request as fit. An object that the archive has already is left
 * alone, so that storing again after a failure doubles nothing.
 *
 * @throws RunError naming an object that the archive refuses, with its reason
 */
export async function storeObjects(
  place: DicomWebPlace,
  objects: AsyncIterable<OutgoingObject>,
  options: DicomWebOptions = {},
): Promise<StoreReport> {
  const { signal, onProgress, batchBytes = 64 * 2 ** 20 } = options;
  const stored: string[] = [];
  const present: string[] = [];
  const known = new Map<string, Promise<Set<string>>>();
  const thereOf = (study: string, series: string): Promise<Set<string>> => {
    const found = known.get(series) ?? uidsAt({ ...place, study, series }, options);
    known.set(series, found);
    return found;
  };
  let batch: OutgoingObject[] = [];
  let size = 0;
  const send = async (): Promise<void> => {
    if (batch.length === 0) return;
    throwIfAborted(signal, `storing in ${place.shown}`);
    const boundary = `dprime-${globalThis.crypto.randomUUID()}`;
    const { type, bytes } = dicomBody(
      batch.map((one) => one.bytes),
      boundary,
    );
    const { study } = batch[0]!;
    await requested(
      place,
      { ...options, path: `${place.service}/studies${place.study ? `/${study}` : ""}` },
      (response) => readStored(response, place),
      {
        method: "POST",
        headers: { "content-type": type, accept: "application/dicom+json" },
        body: bytes,
      },
    );
    stored.push(...batch.map(({ uid }) => uid));
    batch = [];
    size = 0;
    onProgress?.({ done: stored.length, total: stored.length, label: "storing" });
  };
  for await (const one of objects) {
    if (place.study !== undefined && one.study !== place.study) {
      throw new InputError(
        `Cannot store in ${place.shown}: found an object of the study ${one.study}, wanted that study; leave the study out of the address`,
      );
    }
    if ((await thereOf(one.study, one.series)).has(one.uid)) {
      present.push(one.uid);
      continue;
    }
    if (size + one.bytes.length > batchBytes || batch.some(({ study }) => study !== one.study)) {
      await send();
    }
    batch.push(one);
    size += one.bytes.length;
  }
  await send();
  return { stored, present };
}

async function uidsAt(place: DicomWebPlace, options: DicomWebOptions): Promise<Set<string>> {
  const uids = new Set<string>();
  const { onProgress: _silent, ...quiet } = options;
  try {
    for await (const row of findObjects(place, { ...quiet, level: "instances" })) {
      uids.add(valueOf(row, tags.instance));
    }
  } catch (error) {
    // Some archives answer so where they have nothing of the study.
    if (!(error instanceof RefusedError && error.status === 404)) throw error;
  }
  return uids;
}

/** @throws RunError where the answer of STOW names an object that failed */
async function readStored(response: Response, { shown }: DicomWebPlace): Promise<void> {
  const text = await response.text();
  let answer: DicomJson | undefined;
  try {
    const found = JSON.parse(text) as DicomJson | DicomJson[];
    answer = Array.isArray(found) ? found[0] : found;
  } catch {
    // Older archives answer in XML; their status alone counts.
  }
  const failed = answer?.["00081198"]?.Value as readonly DicomJson[] | undefined;
  const [first] = failed ?? [];
  if (first === undefined && response.status !== 409) return;
  const reason = first === undefined ? "" : Number(valueOf(first, "00081197")).toString(16);
  throw new RefusedError(
    `Cannot store in ${shown}: found ${failed?.length ?? "all"} objects refused${first === undefined ? "" : `, the first ${valueOf(first, "00081155")} with reason ${reason.padStart(4, "0")}`}, wanted all of them taken`,
    response.status,
  );
}

/** A server's clear no: asking again would not help. */
class RefusedError extends RunError {
  readonly status: number;
  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** What a server in trouble says. */
const passing = new Set([408, 425, 429, 500, 502, 503, 504]);

const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** One request with its answer, repeated while its failure may pass. */
async function requested<T>(
  { shown }: DicomWebPlace,
  { path, ...options }: DicomWebOptions & { readonly path: string },
  read: (response: Response) => Promise<T>,
  init: { method?: string; headers: Record<string, string>; body?: Uint8Array<ArrayBuffer> },
): Promise<T> {
  const { retries = 5, silenceSeconds = 120, signal, token } = options;
  const { fetch = globalThis.fetch, pause = (ms) => new Promise((done) => setTimeout(done, ms)) } =
    options;
  const url = new URL(path);
  if (token !== undefined && url.protocol === "http:" && !loopback.test(url.hostname)) {
    throw new InputError(
      `Cannot use ${shown}: found a token and plain HTTP, over which it could be read, wanted dicomweb:// (HTTPS)`,
    );
  }
  const headers = {
    ...init.headers,
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  for (let attempt = 0; ; attempt++) {
    throwIfAborted(signal, shown);
    const timeout = AbortSignal.timeout(1000 * silenceSeconds);
    let wait = Math.min(30_000, 500 * 2 ** attempt) * (0.5 + Math.random());
    try {
      const response = await fetch(url, {
        ...init,
        headers,
        // A token would be sent to wherever a server points.
        redirect: "error",
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      });
      if (response.ok || response.status === 409) return await read(response);
      const said = (await response.text().catch(() => "")).replace(/\s+/g, " ").slice(0, 200);
      const found = `found HTTP ${response.status}${said === "" ? "" : ` (${said})`}`;
      if (!passing.has(response.status) || attempt >= retries) {
        const wanted =
          response.status === 401 || response.status === 403
            ? "a token that may do this, in DPRIME_DICOMWEB_TOKEN"
            : "an answer";
        throw new RefusedError(`Cannot use ${shown}: ${found}, wanted ${wanted}`, response.status);
      }
      const after = Number(response.headers.get("retry-after"));
      if (after > 0) wait = Math.min(120_000, 1000 * after);
    } catch (error) {
      if (error instanceof RefusedError || error instanceof InputError) throw error;
      if (signal?.aborted) throw new CancelledError(shown, { cause: error });
      if (attempt >= retries) {
        const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
        throw new RunError(
          `Cannot use ${shown}: found ${messageOf(cause)} after ${attempt + 1} attempts, wanted an answer`,
          { cause: error },
        );
      }
    }
    await pause(wait);
  }
}
