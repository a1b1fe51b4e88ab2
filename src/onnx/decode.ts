/** Reads what a model file says of itself: inputs, outputs, constants, metadata. */
import { fromBinary } from "@bufbuild/protobuf";
import { FormatError } from "../core/errors.ts";
import {
  ModelProtoSchema,
  type TensorProto,
  TensorProto_DataType,
  type ValueInfoProto,
} from "./generated/onnx_pb.ts";

export interface ModelValue {
  readonly name: string;
  /** Sizes; strings are symbolic, `?` unknown. */
  readonly shape: readonly (number | string)[];
  readonly dataType: string;
}

export interface ModelConstant extends ModelValue {
  /** Values as float32 where the data type is FLOAT, else undefined. */
  readonly data: Float32Array | undefined;
}

export interface ModelDescription {
  readonly producer: string;
  readonly operatorSets: Readonly<Record<string, number>>;
  readonly inputs: readonly ModelValue[];
  readonly outputs: readonly ModelValue[];
  readonly constants: readonly ModelConstant[];
  readonly operators: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Decodes a model.
 *
 * @throws FormatError when the bytes are no ONNX model
 */
export function decodeModel(bytes: Uint8Array): ModelDescription {
  let model: ReturnType<typeof decode>;
  try {
    model = decode(bytes);
  } catch (cause) {
    throw new FormatError("Cannot read a model: found bytes that are no ONNX protobuf", {
      format: "onnx",
      kind: bytes.length === 0 ? "empty" : "corrupt",
      offset: 0,
      cause,
    });
  }
  if (model.graph === undefined || model.graph.node.length === 0) {
    throw new FormatError("Cannot read a model: found no graph, wanted an ONNX model", {
      format: "onnx",
      kind: bytes.length === 0 ? "empty" : "corrupt",
      offset: 0,
    });
  }
  const constants = model.graph.initializer.map(constantOf);
  const names = new Set(constants.map(({ name }) => name));
  return {
    producer: `${model.producerName ?? ""} ${model.producerVersion ?? ""}`.trim(),
    operatorSets: Object.fromEntries(
      model.opsetImport.map((set) => [set.domain ?? "", Number(set.version)]),
    ),
    inputs: model.graph.input.filter(({ name }) => !names.has(name!)).map(valueOf),
    outputs: model.graph.output.map(valueOf),
    constants,
    operators: [...new Set(model.graph.node.map((node) => node.opType ?? ""))].sort(),
    metadata: Object.fromEntries(
      model.metadataProps.map((entry) => [entry.key ?? "", entry.value ?? ""]),
    ),
  };
}

const decode = (bytes: Uint8Array) => fromBinary(ModelProtoSchema, bytes);

const typeName = (type: number | undefined) =>
  Object.entries(TensorProto_DataType).find(([, value]) => value === type)?.[0] ?? "UNDEFINED";

function valueOf(info: ValueInfoProto): ModelValue {
  const tensor = info.type?.value.case === "tensorType" ? info.type.value.value : undefined;
  return {
    name: info.name ?? "",
    dataType: typeName(tensor?.elemType),
    shape: (tensor?.shape?.dim ?? []).map((dim) =>
      dim.value.case === "dimValue"
        ? Number(dim.value.value)
        : dim.value.case === "dimParam"
          ? dim.value.value
          : "?",
    ),
  };
}

function constantOf(tensor: TensorProto): ModelConstant {
  const raw = tensor.rawData;
  const isFloat = tensor.dataType === TensorProto_DataType.FLOAT;
  return {
    name: tensor.name ?? "",
    dataType: typeName(tensor.dataType),
    shape: tensor.dims.map(Number),
    data: !isFloat
      ? undefined
      : raw !== undefined && raw.length > 0
        ? new Float32Array(new Uint8Array(raw).buffer)
        : Float32Array.from(tensor.floatData),
  };
}
