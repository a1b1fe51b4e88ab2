/** What there is, by kind, with what a user needs to choose and to set: lists, forms and help are made of it. */
import { type Members, openAll, openMember } from "../core/member.ts";
import type { ParameterTable } from "../core/parameters.ts";
import type { NoiseKind } from "../denoise/denoiser.ts";
import { kinds } from "./kinds.ts";
import { modelMembers } from "./list-models.ts";

/** The few fields that members of most kinds share; a kind may lack any of them but the name. */
interface Member {
  readonly title?: string;
  readonly summary?: string;
  readonly references?: readonly string[];
  readonly parameters?: ParameterTable;
}

export interface MemberDescription extends Member {
  readonly kind: string;
  readonly name: string;
  /** What the noise level means to a denoiser. */
  readonly level?: string;
}

export interface ListedMember extends Member {
  readonly name: string;
  /** What there is to compare members by, under each name of `columns`. */
  readonly facts: Readonly<Record<string, string | number | undefined>>;
}

export interface MemberList {
  readonly kind: string;
  readonly members: readonly ListedMember[];
  /** Names of the members' facts, with a sentence where the name does not say all. */
  readonly columns: readonly { readonly name: string; readonly about?: string }[];
  /** What may stand before a member's name, as in `rician+bm3d`, and what it makes of the member. */
  readonly wrappers?: Readonly<Record<string, string>>;
}

/** Catalogues of the rooms, and what lies in files. */
const all: Members<Members<object>> = { ...kinds, models: modelMembers };

/** Plurals of the kinds, such as `denoisers`, in alphabetical order. */
const kindNames: readonly string[] = Object.keys(all).sort();

const openKind = (kind: string): Promise<Members<object>> =>
  openMember(all, kind, `Cannot list: found the kind "${kind}"`);

/** Every kind with the names of its members. */
export async function listKinds(): Promise<
  readonly { readonly kind: string; readonly members: readonly string[] }[]
> {
  return Promise.all(
    kindNames.map(async (kind) => ({ kind, members: Object.keys(await openKind(kind)) })),
  );
}

/** @throws InputError that names the nearest kinds */
export async function listMembers(kind: string): Promise<MemberList> {
  const members: Readonly<Record<string, Member>> = await openAll(await openKind(kind));
  const { columns = [], factsOf, wrappers } = await tableOf(kind);
  return {
    kind,
    columns,
    members: Object.entries(members).map(([name, member]) => ({
      ...dataOf(member),
      name,
      facts: factsOf?.(name, member) ?? {},
    })),
    ...(wrappers === undefined ? {} : { wrappers }),
  };
}

/** @throws InputError that names the nearest kinds or members */
export async function describeMember(kind: string, name: string): Promise<MemberDescription> {
  const catalogue = await openKind(kind);
  const member = await openMember(catalogue, name, `Cannot list: found no "${name}" among ${kind}`);
  const level = kind === "denoisers" ? await levelMeaning(member) : undefined;
  return { kind, ...dataOf(member), name, ...(level === undefined ? {} : { level }) };
}

interface KindTable extends Partial<Pick<MemberList, "columns" | "wrappers">> {
  readonly factsOf?: (name: string, member: object) => ListedMember["facts"];
}

/** What members of a kind are compared by. */
async function tableOf(kind: string): Promise<KindTable> {
  if (kind === "models") {
    return {
      columns: [{ name: "network" }, { name: "weights" }],
      factsOf: (_, member) => member as { network: string; weights: number },
    };
  }
  if (kind !== "denoisers") return {};
  const { modalities } = await import("../denoise/denoiser.ts");
  const { secondsPerMegapixel } = await import("../denoise/measured-times.ts");
  const { wrappers } = await import("../denoise/find-denoiser.ts");
  return {
    columns: [
      { name: "noise" },
      { name: "dim.", about: "dimensions filtered jointly" },
      { name: "modality" },
      { name: "s/Mpx", about: "seconds of one core for a million pixels of a plane" },
    ],
    factsOf(name, member) {
      const { noise, dimensions } = member as { noise: NoiseKind; dimensions: readonly number[] };
      return {
        noise,
        "dim.": dimensions.join(", "),
        modality: modalities[noise],
        "s/Mpx": secondsPerMegapixel[name],
      };
    },
    wrappers: Object.fromEntries(
      Object.entries(wrappers).map(([name, { about }]) => [name, about]),
    ),
  };
}

async function levelMeaning(member: object): Promise<string> {
  const { levelMeanings } = await import("../denoise/denoiser.ts");
  const { noise, levelless } = member as { noise: NoiseKind; levelless?: string };
  if (levelless !== undefined) return `not used; ${levelless}`;
  return levelMeanings[noise]?.about ?? "the standard deviation in the image's unit";
}

/** Only data of the member: functions, schemas and other objects of classes stay out. */
function dataOf(member: Member): Member {
  return Object.fromEntries(Object.entries(member).filter(([, value]) => isData(value)));
}

function isData(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return typeof value !== "function";
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
