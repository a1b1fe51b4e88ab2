/** ONNX models as bytes. Knows protobuf and the data types, not operators. */
import { create, toBinary } from "@bufbuild/protobuf";
import type { LoweredModel } from "../graph/lower.ts";
import type { LoweredAttribute, LoweredConstant } from "../graph/lowering.ts";
import type { ElementKind, Type } from "../graph/node.ts";
import {
  AttributeProto_AttributeType,
  type AttributeProto,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
  TensorProto_DataType,
  type TensorProto,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "./generated/onnx_pb.ts";

/** Standard operator set that models declare: the newest that readers of 2022 understand. */
export const operatorSet = 17;
const intermediateRepresentation = 8n;

const dataTypes: Readonly<Record<ElementKind, TensorProto_DataType>> = {
  float: TensorProto_DataType.FLOAT,
  bool: TensorProto_DataType.BOOL,
  int: TensorProto_DataType.INT64,
};

export interface EncodeOptions {
  /** Name of the graph. */
  readonly name?: string;
  /** Facts that travel with the model, such as recipe, seed and licence. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly producerVersion?: string;
}

/** Encodes a lowered model; operator domains other than ONNX's own are declared as found. */
export function encodeModel(model: LoweredModel, options: EncodeOptions = {}): Uint8Array {
  const domains = new Set(model.nodes.map((node) => node.domain));
  domains.add("");
  const message = create(ModelProtoSchema, {
    irVersion: intermediateRepresentation,
    producerName: "dprime",
    producerVersion: options.producerVersion ?? "",
    opsetImport: [...domains].sort().map((domain) =>
      create(OperatorSetIdProtoSchema, {
        domain,
        version: domain === "" ? BigInt(operatorSet) : 1n,
      }),
    ),
    metadataProps: Object.entries(options.metadata ?? {}).map(([key, value]) =>
      create(StringStringEntryProtoSchema, { key, value }),
    ),
    graph: create(GraphProtoSchema, {
      name: options.name ?? "dprime",
      input: model.inputs.map(({ name, type }) => valueInfo(name, type)),
      output: model.outputs.map(({ name, type }) => valueInfo(name, type)),
      initializer: model.constants.map(tensorProto),
      node: model.nodes.map((node, i) =>
        create(NodeProtoSchema, {
          name: `n${i}`,
          opType: node.operator,
          domain: node.domain,
          input: [...node.inputs],
          output: [...node.outputs],
          attribute: Object.entries(node.attributes).map(([name, value]) => attribute(name, value)),
        }),
      ),
    }),
  });
  return toBinary(ModelProtoSchema, message);
}

function valueInfo(name: string, type: Type): ValueInfoProto {
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, {
      value: {
        case: "tensorType",
        value: create(TypeProto_TensorSchema, {
          elemType: dataTypes[type.kind],
          shape: create(TensorShapeProtoSchema, {
            dim: type.shape.map((dim) =>
              create(TensorShapeProto_DimensionSchema, {
                value:
                  typeof dim === "number"
                    ? { case: "dimValue", value: BigInt(dim) }
                    : { case: "dimParam", value: dim },
              }),
            ),
          }),
        }),
      },
    }),
  });
}

function tensorProto({ name, kind, shape, data }: LoweredConstant): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dataType: dataTypes[kind],
    dims: shape.map(BigInt),
    rawData: new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength),
  });
}

function attribute(name: string, value: LoweredAttribute): AttributeProto {
  const encode = (text: string) => new TextEncoder().encode(text);
  const kinds = AttributeProto_AttributeType;
  switch (value.type) {
    case "int":
      return create(AttributeProtoSchema, { name, type: kinds.INT, i: BigInt(value.value) });
    case "ints":
      return create(AttributeProtoSchema, {
        name,
        type: kinds.INTS,
        ints: value.value.map(BigInt),
      });
    case "float":
      return create(AttributeProtoSchema, { name, type: kinds.FLOAT, f: value.value });
    case "floats":
      return create(AttributeProtoSchema, { name, type: kinds.FLOATS, floats: [...value.value] });
    case "string":
      return create(AttributeProtoSchema, { name, type: kinds.STRING, s: encode(value.value) });
    case "strings":
      return create(AttributeProtoSchema, {
        name,
        type: kinds.STRINGS,
        strings: value.value.map(encode),
      });
  }
}
