/** The protocol buffer `ModelMetrics` of NAS-Bench-101's records. */
import { protobufFields } from '../protobuf.ts'

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
  for (const field of protobufFields(bytes, 'ModelMetrics')) {
    if (field.number === 1 && field.wire === 'bytes') {
      evaluations.push(decodeEvaluation(field.bytes))
    } else if (field.number === 2 && field.wire === 'varint') {
      trainableParameters = Number(field.value)
    }
  }
  return { evaluations, ...(trainableParameters !== undefined && { trainableParameters }) }
}

function decodeEvaluation(bytes: Buffer): EvaluationData {
  const evaluation: { -readonly [K in keyof EvaluationData]: EvaluationData[K] } = {}
  for (const field of protobufFields(bytes, 'EvaluationData')) {
    const name = evaluationFields[field.number]
    if (name !== undefined && field.wire === 'double') evaluation[name] = field.value
  }
  return evaluation
}
