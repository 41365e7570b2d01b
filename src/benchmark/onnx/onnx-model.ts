/**
 * Small ONNX networks, computed in TypeScript: synchronous, the same on every machine, and without a
 * runtime of hundreds of megabytes for a model of two.
 */
import { ArchloomError } from '#src/errors.ts'
import { type ProtobufField, protobufFields, protobufIntegers } from '../protobuf.ts'
import { type Attributes, type Operator, operators } from './operators.ts'
import { refuseGraph, sizeOf, type Tensor, tensor } from './tensor.ts'

export interface OnnxModel {
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /**
   * @param inputs - a tensor for each input, by name
   * @returns the outputs, in their order
   * @throws benchmark/invalid when the shapes do not fit
   */
  run(inputs: Readonly<Record<string, Tensor>>): readonly Tensor[]
}

interface Node {
  readonly operator: Operator
  readonly inputs: readonly string[]
  readonly output: string
  readonly attributes: Attributes
}

/**
 * Reads a model.
 *
 * @throws benchmark/invalid for bytes that are no model, or an operator that `operators.ts` does not have
 * @see onnx/onnx `onnx.proto3` (field numbers)
 */
export function readOnnxModel(bytes: Buffer): OnnxModel {
  const graph = [...protobufFields(bytes, 'ModelProto')].find(isGraph)
  if (!graph) return refuseGraph('a graph', 'none')
  const nodes: Node[] = []
  const known = new Map<string, Tensor>()
  const inputs: string[] = []
  const outputs: string[] = []
  for (const field of protobufFields(graph.bytes, 'GraphProto')) {
    if (field.wire !== 'bytes') continue
    if (field.number === 1) nodes.push(readNode(field.bytes))
    else if (field.number === 5) {
      const { name, value } = readTensor(field.bytes)
      known.set(name, value)
    } else if (field.number === 11) inputs.push(nameOf(field.bytes))
    else if (field.number === 12) outputs.push(nameOf(field.bytes))
  }
  const given = inputs.filter((name) => !known.has(name))
  const varying = foldConstants(nodes, known)
  return {
    inputs: given,
    outputs,
    run: (values) => compute({ given, outputs, known, nodes: varying }, values),
  }
}

function isGraph(field: ProtobufField): field is Extract<ProtobufField, { wire: 'bytes' }> {
  return field.number === 7 && field.wire === 'bytes'
}

/** Computes once what depends on no input; what is left is returned. */
function foldConstants(nodes: readonly Node[], known: Map<string, Tensor>): readonly Node[] {
  return nodes.filter(({ operator, inputs, output, attributes }) => {
    const values = inputs.map((name) => known.get(name))
    if (!values.every((value) => value !== undefined)) return true
    known.set(output, operator(values, attributes))
    return false
  })
}

interface Program {
  readonly given: readonly string[]
  readonly outputs: readonly string[]
  readonly known: ReadonlyMap<string, Tensor>
  readonly nodes: readonly Node[]
}

function compute(
  { given, outputs, known, nodes }: Program,
  inputs: Readonly<Record<string, Tensor>>,
): readonly Tensor[] {
  const values = new Map<string, Tensor>()
  for (const name of given) {
    values.set(
      name,
      inputs[name] ?? refuseGraph(`an input ${name}`, Object.keys(inputs).join(', ')),
    )
  }
  const find = (name: string) =>
    values.get(name) ?? known.get(name) ?? refuseGraph(`a value ${name}`, 'none')
  for (const { operator, inputs: names, output, attributes } of nodes) {
    values.set(output, operator(names.map(find), attributes))
  }
  return outputs.map(find)
}

function readNode(bytes: Buffer): Node {
  const inputs: string[] = []
  const outputs: string[] = []
  let type = ''
  const attributes = { integers: {}, floats: {}, tensors: {} }
  for (const field of protobufFields(bytes, 'NodeProto')) {
    if (field.wire !== 'bytes') continue
    if (field.number === 1) inputs.push(field.bytes.toString('utf8'))
    else if (field.number === 2) outputs.push(field.bytes.toString('utf8'))
    else if (field.number === 4) type = field.bytes.toString('utf8')
    else if (field.number === 5) readAttribute(field.bytes, attributes)
  }
  const operator = Object.hasOwn(operators, type) ? operators[type] : undefined
  if (!operator) return refuseGraph(`one of ${Object.keys(operators).join(', ')}`, type)
  return { operator, inputs, output: outputs[0] ?? '', attributes }
}

function readAttribute(
  bytes: Buffer,
  { integers, floats, tensors }: { [K in keyof Attributes]: Record<string, Attributes[K][string]> },
): void {
  const fields = [...protobufFields(bytes, 'AttributeProto')]
  const name = nameOf(bytes)
  for (const field of fields) {
    if (field.number === 2 && field.wire === 'single') floats[name] = field.value
    else if (field.number === 3 && field.wire === 'varint') integers[name] = Number(field.value)
    else if (field.number === 5 && field.wire === 'bytes') {
      tensors[name] = readTensor(field.bytes).value
    }
  }
}

/** The name of an attribute, an input or an output. */
function nameOf(bytes: Buffer): string {
  for (const field of protobufFields(bytes, 'AttributeProto')) {
    if (field.number === 1 && field.wire === 'bytes') return field.bytes.toString('utf8')
  }
  return ''
}

/** Bytes of a number, by the number of its type: float, int32, int64. */
const widths: Readonly<Record<number, number>> = { 1: 4, 6: 4, 7: 8 }

function readTensor(bytes: Buffer): { readonly name: string; readonly value: Tensor } {
  const { name, dims, type, raw } = tensorFields(bytes)
  const width = widths[type]
  const size = sizeOf(dims)
  if (width === undefined || raw.length !== size * width) {
    throw new ArchloomError(
      'benchmark/invalid',
      `The ONNX tensor ${name} cannot be read: expected ${size} raw numbers of float, int32 or int64, found ${raw.length} bytes of type ${type}`,
      { details: { name, type, dims } },
    )
  }
  const values = Array.from({ length: size }, (_, index) => readNumber(raw, type, index * width))
  return { name, value: tensor(type === 1 ? 'float' : 'integer', dims, values) }
}

function tensorFields(bytes: Buffer) {
  const fields = [...protobufFields(bytes, 'TensorProto')]
  const bytesOf = (number: number) =>
    fields.flatMap((one) => (one.number === number && one.wire === 'bytes' ? [one.bytes] : []))[0]
  const integersOf = (number: number) =>
    fields
      .filter((one) => one.number === number)
      .flatMap((one) => protobufIntegers(one, 'TensorProto'))
      .map(Number)
  return {
    dims: integersOf(1),
    type: integersOf(2)[0] ?? 0,
    name: bytesOf(8)?.toString('utf8') ?? '',
    raw: bytesOf(9) ?? Buffer.alloc(0),
  }
}

function readNumber(raw: Buffer, type: number, offset: number): number {
  if (type === 1) return raw.readFloatLE(offset)
  return type === 6 ? raw.readInt32LE(offset) : Number(raw.readBigInt64LE(offset))
}
