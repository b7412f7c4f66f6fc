/** The weights of a model as tensors of a package, in the precision that was asked for, and back. */
import type { ModelPrecision } from '#shared/contract/models.ts';
import type { ParameterSet, ParameterSpec, Weights } from '../nn/parameters.ts';
import { formatShape, sizeOf } from '../onnx/dtype.ts';
import { narrow, widen } from './half.ts';
import { dequantize, quantize } from './int8.ts';
import { SafetensorsError, type SafeTensor } from './safetensors.ts';

/** Smaller tensors (gains, biases, the latents' projections) weigh nothing and matter much: they keep half precision. */
const SMALLEST_AS_BYTES = 4096;
/** What the header of a file says about a tensor takes at most this much, names and all. */
const HEADER_BYTES = 512;

const scaleKey = (parameter: string) => `scale/${parameter}`;

/** Throws RangeError for a value that does not fit into half precision. */
export function storeWeights(
  weights: Weights,
  parameters: ParameterSet,
  precision: ModelPrecision,
): Map<string, SafeTensor> {
  parameters.check(weights);
  const tensors = new Map<string, SafeTensor>();
  for (const spec of parameters.specs) {
    const { name, shape } = spec;
    const values = weights.get(name)!;
    if (precision === 'float32') tensors.set(name, { dtype: 'F32', shape, data: values });
    else if (precision === 'int8' && isLargeMatrix(spec)) {
      // A row of an embedding is one word, a column of a matrix one output: values of one kind share a scale.
      const axis = spec.role === 'embedding' ? 'row' : 'column';
      const { bytes, scales } = quantize(shape as readonly [number, number], values, axis);
      tensors.set(name, bytes).set(scaleKey(name), scales);
    } else tensors.set(name, narrow(shape, values));
  }
  return tensors;
}

/** Exactly the parameters of a model, whatever their precision. Throws {@link SafetensorsError}, naming the tensor. */
export function restoreWeights(
  tensors: ReadonlyMap<string, SafeTensor>,
  parameters: ParameterSet,
): Map<string, Float32Array> {
  const unused = new Set(tensors.keys());
  const weights = new Map<string, Float32Array>();
  for (const { name, shape } of parameters.specs) {
    const tensor = tensors.get(name);
    const scales = tensors.get(scaleKey(name));
    if (tensor && formatShape(tensor.shape) !== formatShape(shape))
      throw new SafetensorsError(
        `"${name}" has the shape ${formatShape(tensor.shape)}, the model ${formatShape(shape)}`,
      );
    const values = tensor && (tensor.dtype === 'I8' && scales ? dequantize(tensor, scales) : widen(tensor));
    if (!values)
      throw new SafetensorsError(
        `"${name}": expected F32, F16, BF16, or I8 with its scale, ${formatShape(shape)}`,
      );
    weights.set(name, values);
    unused.delete(name);
    if (tensor.dtype === 'I8') unused.delete(scaleKey(name));
  }
  const [stranger] = unused;
  if (stranger !== undefined) throw new SafetensorsError(`"${stranger}" is no part of the model`);
  return weights;
}

/** No file that holds these parameters is larger, in whichever precision: what is larger need not be read. */
export function mostBytes(parameters: ParameterSet): number {
  const bytes = ({ shape }: ParameterSpec) => Float32Array.BYTES_PER_ELEMENT * sizeOf(shape) + HEADER_BYTES;
  return parameters.specs.reduce((sum, spec) => sum + bytes(spec), HEADER_BYTES);
}

const isLargeMatrix = ({ shape }: ParameterSpec) => shape.length === 2 && sizeOf(shape) >= SMALLEST_AS_BYTES;
