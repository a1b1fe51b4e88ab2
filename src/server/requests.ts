/** What pages ask for, checked before anything is done with it. */
import { z } from "zod";
import { InputError } from "../core/errors.ts";
import { wrappers } from "../denoise/find-denoiser.ts";
import type { JobRequest } from "../workflows/view/documents.ts";
import { methodForms } from "../workflows/view/method-forms.ts";

const id = z.string().regex(/^[0-9a-f]{12}$/);

const denoise = z.strictObject({
  kind: z.literal("denoise"),
  image: id,
  method: z.string().max(200),
  parameters: z.record(z.string().max(64), z.union([z.number(), z.string().max(64), z.boolean()])),
  sigma: z.number().min(0).optional(),
  strength: z.number().min(0).max(1).optional(),
  keep: z.number().min(0).max(200).optional(),
});

const open = z.strictObject({
  kind: z.literal("open"),
  name: z.string().min(1).max(255),
  place: z.strictObject({ folder: z.string().max(64), path: z.string().max(4000) }),
});

const request: z.ZodType<JobRequest> = z.discriminatedUnion("kind", [denoise, open]);

/** @throws InputError saying which part is wrong */
export async function jobRequestOf(value: unknown): Promise<JobRequest> {
  const parsed = request.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new InputError(
      `Cannot start a job: found ${issue?.path.join(".") || "a request"} that is wrong: ${issue?.message ?? ""}`,
    );
  }
  if (parsed.data.kind === "denoise") await checkMethod(parsed.data.method);
  return parsed.data;
}

/** Names alone: a path to a model would open files outside of what the user opened. */
async function checkMethod(method: string): Promise<void> {
  const parts = method.split("+");
  const inner = parts.pop()!;
  const known = inner === "auto" || (await methodForms()).some(({ name }) => name === inner);
  if (!known || parts.some((part) => !Object.hasOwn(wrappers, part))) {
    throw new InputError(
      `Cannot denoise by ${method}: found no such method, wanted one of the list`,
    );
  }
}
