/** The protocol buffer `ModelMetrics` of NAS-Bench-101's records. */
import { ArchloomError } from '#src/errors.ts'

/** A network at one point of its training, as far as the record says. */
export interface EvaluationData {
  readonly currentEpoch?: number
  /** Seconds since the training began. */
  readonly trainingTime?: number
  /** Shares. */
  readonly trainAccuracy?: number
  readonly validationAccuracy?: number
  readonly testAccuracy?: number
}

export interface ModelMetrics {
  /** At the start, half-way and at the end. */
  readonly evaluations: readonly EvaluationData[]
  readonly trainableParameters?: number
}

/** By field number; all doubles. @see google-research/nasbench `model_metrics.proto` */
const evaluationFields: Readonly<Record<number, keyof EvaluationData>> = {
  1: 'currentEpoch',
  2: 'trainingTime',
  3: 'trainAccuracy',
  4: 'validationAccuracy',
  5: 'testAccuracy',
}

/** @throws benchmark/invalid for bytes that are no such message; fields that are not known are left out */
export function decodeModelMetrics(bytes: Buffer): ModelMetrics {
  const evaluations: EvaluationData[] = []
  let trainableParameters: number | undefined
  for (const field of fields(bytes)) {
    if (field.number === 1 && field.wire === 'bytes') {
      evaluations.push(decodeEvaluation(field.bytes))
    } else if (field.number === 2 && field.wire === 'varint') trainableParameters = field.value
  }
  return { evaluations, ...(trainableParameters !== undefined && { trainableParameters }) }
}

function decodeEvaluation(bytes: Buffer): EvaluationData {
  const evaluation: { -readonly [K in keyof EvaluationData]: EvaluationData[K] } = {}
  for (const field of fields(bytes)) {
    const name = evaluationFields[field.number]
    if (name !== undefined && field.wire === 'double') evaluation[name] = field.value
  }
  return evaluation
}

type Field =
  | {
      readonly number: number
      readonly wire: 'varint' | 'double' | 'single'
      readonly value: number
    }
  | { readonly number: number; readonly wire: 'bytes'; readonly bytes: Buffer }

/** @see Protocol Buffers, "Encoding" */
function* fields(bytes: Buffer): Generator<Field> {
  let at = 0
  const take = (count: number) => {
    if (count > bytes.length - at) refuse(`${count} bytes at ${at}`, `${bytes.length - at}`)
    at += count
    return at - count
  }
  const varint = () => {
    let value = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[take(1)] ?? 0
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    return refuse('a varint of at most ten bytes', 'a longer one')
  }
  while (at < bytes.length) {
    const tag = varint()
    const number = Math.floor(tag / 8)
    switch (tag % 8) {
      case 0:
        yield { number, wire: 'varint', value: varint() }
        break
      case 1:
        yield { number, wire: 'double', value: bytes.readDoubleLE(take(8)) }
        break
      case 2: {
        const length = varint()
        const from = take(length)
        yield { number, wire: 'bytes', bytes: bytes.subarray(from, from + length) }
        break
      }
      case 5:
        yield { number, wire: 'single', value: bytes.readFloatLE(take(4)) }
        break
      default:
        refuse('a wire type 0, 1, 2 or 5', String(tag % 8))
    }
  }
}

function refuse(expected: string, found: string): never {
  throw new ArchloomError(
    'benchmark/invalid',
    `The metrics are no ModelMetrics message: expected ${expected}, found ${found}`,
    { details: { expected, found } },
  )
}
