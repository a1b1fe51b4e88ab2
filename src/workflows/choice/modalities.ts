/** What makes images, as far as the choice of a denoiser goes. */
export const modalities = ["ct", "mr", "ultrasound", "x-ray", "nuclear", "picture"] as const;

export type Modality = (typeof modalities)[number];
