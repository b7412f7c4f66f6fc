/** Writes a graph as the bytes of an ONNX model (`ModelProto`), leaving out nodes and inputs that no output needs. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { InputType, OpenAxis, TensorData, TensorType } from './dtype.ts';
import { onnxCode } from './dtype.ts';
import type { Attribute, Graph, GraphNode, Value } from './graph.ts';
import { nodesFor } from './graph.ts';

const irVersion = 10;
const operatorSets = [
  { domain: '', version: 21 },
  { domain: 'com.microsoft', version: 1 },
];

/** `AttributeProto.AttributeType` of the ONNX standard. */
const attributeType = { float: 1, int: 2, string: 3, ints: 7 };

export interface Model {
  bytes: Uint8Array;
  /** Inputs to feed and outputs to fetch, by name. */
  inputs: Map<string, InputType>;
  outputs: Map<string, TensorType>;
}

type NameOf = (value: Value) => string;

/** Field numbers are those of onnx.proto3; the comments name the fields. */
export function encodeModel(graph: Graph, name = 'graph'): Model {
  const nodes = nodesFor(graph, graph.outputs.values());
  const used = new Set<Value>([...graph.outputs.values()]);
  for (const node of nodes) for (const value of node.inputs) if (value !== null) used.add(value);
  const inputs = graph.inputs.filter((value) => used.has(value));

  // A computed value takes the name of the first output it is; further ones, and inputs passed through, get an Identity.
  const names = new Map<Value, string>();
  for (const [output, value] of graph.outputs)
    if (value.producer !== undefined && !names.has(value)) names.set(value, output);
  const nameOf: NameOf = (value) => names.get(value) ?? value.name;

  const writer = new BinaryWriter();
  writer.tag(1, WireType.Varint).int64(irVersion); // ir_version
  writer.tag(2, WireType.LengthDelimited).string('reelwright'); // producer_name
  message(writer, 7, () => {
    for (const node of nodes) message(writer, 1, () => writeNode(writer, node, nameOf)); // node
    writer.tag(2, WireType.LengthDelimited).string(name); // name
    for (const value of used) {
      const data = graph.constantData(value);
      if (data !== undefined) message(writer, 5, () => writeTensor(writer, value, data)); // initializer
    }
    for (const value of inputs)
      message(writer, 11, () => writeValueInfo(writer, value.name, value, graph.openAxis(value))); // input
    for (const [output, value] of graph.outputs) {
      if (nameOf(value) !== output) message(writer, 1, () => writeIdentity(writer, nameOf(value), output));
      message(writer, 12, () => writeValueInfo(writer, output, value)); // output
    }
  });
  for (const set of operatorSets) {
    message(writer, 8, () => {
      writer.tag(1, WireType.LengthDelimited).string(set.domain);
      writer.tag(2, WireType.Varint).int64(set.version);
    });
  }
  return {
    bytes: writer.finish(),
    inputs: new Map(inputs.map((value) => [value.name, { ...typeOf(value), open: graph.openAxis(value) }])),
    outputs: new Map([...graph.outputs].map(([output, value]) => [output, typeOf(value)])),
  };
}

function typeOf({ dtype, shape }: Value): TensorType {
  return { dtype, shape };
}

function message(writer: BinaryWriter, field: number, write: () => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write();
  writer.join();
}

function writeNode(writer: BinaryWriter, node: GraphNode, nameOf: NameOf): void {
  for (const value of node.inputs)
    writer.tag(1, WireType.LengthDelimited).string(value === null ? '' : nameOf(value));
  for (const value of node.outputs) writer.tag(2, WireType.LengthDelimited).string(nameOf(value));
  writer.tag(3, WireType.LengthDelimited).string(node.name);
  writer.tag(4, WireType.LengthDelimited).string(node.operator);
  for (const [name, attribute] of Object.entries(node.attributes))
    message(writer, 5, () => writeAttribute(writer, name, attribute));
  if (node.domain !== '') writer.tag(7, WireType.LengthDelimited).string(node.domain);
}

function writeIdentity(writer: BinaryWriter, from: string, to: string): void {
  writer.tag(1, WireType.LengthDelimited).string(from);
  writer.tag(2, WireType.LengthDelimited).string(to);
  writer.tag(3, WireType.LengthDelimited).string(`output/${to}`);
  writer.tag(4, WireType.LengthDelimited).string('Identity');
}

function writeAttribute(writer: BinaryWriter, name: string, attribute: Attribute): void {
  writer.tag(1, WireType.LengthDelimited).string(name);
  if ('float' in attribute) {
    writer.tag(2, WireType.Bit32).float(attribute.float);
    writer.tag(20, WireType.Varint).int32(attributeType.float);
  } else if ('int' in attribute) {
    writer.tag(3, WireType.Varint).int64(attribute.int);
    writer.tag(20, WireType.Varint).int32(attributeType.int);
  } else if ('string' in attribute) {
    writer.tag(4, WireType.LengthDelimited).string(attribute.string);
    writer.tag(20, WireType.Varint).int32(attributeType.string);
  } else {
    for (const value of attribute.ints) writer.tag(8, WireType.Varint).int64(value);
    writer.tag(20, WireType.Varint).int32(attributeType.ints);
  }
}

function writeTensor(writer: BinaryWriter, value: Value, data: TensorData): void {
  for (const size of value.shape) writer.tag(1, WireType.Varint).int64(size); // dims
  writer.tag(2, WireType.Varint).int32(onnxCode[value.dtype]); // data_type
  writer.tag(8, WireType.LengthDelimited).string(value.name); // name
  // raw_data is little-endian by the standard, as are all machines that ONNX Runtime runs on.
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  writer.tag(9, WireType.LengthDelimited).bytes(bytes);
}

/** Sizes of an open axis are a name (dim_param), all others numbers (dim_value). */
function writeValueInfo(
  writer: BinaryWriter,
  name: string,
  { dtype, shape }: TensorType,
  open?: OpenAxis,
): void {
  writer.tag(1, WireType.LengthDelimited).string(name);
  message(writer, 2, () =>
    message(writer, 1, () => {
      writer.tag(1, WireType.Varint).int32(onnxCode[dtype]); // elem_type
      message(writer, 2, () => {
        for (const [axis, size] of shape.entries())
          message(writer, 1, () => {
            if (axis === open?.axis) writer.tag(2, WireType.LengthDelimited).string(open.name);
            else writer.tag(1, WireType.Varint).int64(size);
          });
      });
    }),
  );
}
