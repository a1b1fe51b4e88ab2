/** Modules of the folder `vendor`, which `npm run vendor` makes; package.json says which file serves where. */
declare module "#onnxruntime-web" {
  export const InferenceSession: import("./ort.ts").Ort["InferenceSession"];
  export const Tensor: import("./ort.ts").Ort["Tensor"];
  export const env: import("./web.ts").OrtWeb["env"];
}
