/** The denoisers that a form offers, with the tables of their parameters. */
import { openAll } from "../../core/member.ts";
import { denoisers } from "../../denoise/index.ts";
import { type Denoiser, modalities } from "../../denoise/denoiser.ts";
import { secondsPerMegapixel } from "../../denoise/measured-times.ts";
import { shippedModels } from "../../inference/files.ts";
import type { MethodDocument } from "./documents.ts";

/** Trained models first, then the classical methods by name; those that need a second image are left out. */
export async function methodForms(): Promise<MethodDocument[]> {
  const models = await shippedModels().catch((): string[] => []);
  const classical = Object.values(await openAll<Denoiser>(denoisers))
    .filter(({ uses = [] }) => uses.length === 0)
    .map(({ name, title, summary, noise, parameters }): MethodDocument => {
      const seconds = secondsPerMegapixel[name];
      return {
        name,
        title,
        summary,
        family: modalities[noise],
        parameters,
        ...(seconds === undefined ? {} : { seconds }),
      };
    });
  const trained = models.map(
    (name): MethodDocument => ({
      name,
      title: `Trained model ${name}`,
      summary:
        "A convolutional network that ships with dprime; its card says what it learned from.",
      family: "trained models",
      parameters: {},
    }),
  );
  return [...trained, ...classical];
}
