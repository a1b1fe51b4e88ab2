export const secondsPerMegapixel: Readonly<Record<string, number>> = {};
