/** The package's root: the core. Rooms have entries of their own, such as `dprime/denoise`. */
export * from "./core/index.ts";
