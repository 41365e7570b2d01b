import { z } from 'zod'
import { ArchloomError } from '#src/errors.ts'
import { configSpaceFormat } from './configspace-write.ts'
import { categorical, constant, float, integer, ordinal, parameterSpace } from './define.ts'
import {
  type Comparison,
  type Condition,
  type ForbiddenClause,
  type Parameter,
  type ParameterSpace,
  ParameterValue,
  type Test,
} from './parameter.ts'

const name = z.string().min(1)
const values = z.array(ParameterValue).min(1)
/** The user's own notes, which ConfigSpace does not look at either. */
const meta = z.unknown().optional()
/** `default` and `q` are what `default_value` and quantisation were called before format 0.4. */
const head = { name, meta, q: z.null().optional() }
const listHead = {
  ...head,
  default_value: ParameterValue.optional(),
  default: ParameterValue.optional(),
}
const weights = z.array(z.number()).nullable().optional()
const range = {
  ...head,
  lower: z.number(),
  upper: z.number(),
  log: z.boolean().default(false),
  default_value: z.number().nullable().optional(),
  default: z.number().nullable().optional(),
}

const hyperparameters = {
  categorical: z.strictObject({ ...listHead, choices: values, weights, probabilities: weights }),
  ordinal: z.strictObject({ ...listHead, sequence: values }),
  uniform_int: z.strictObject(range),
  uniform_float: z.strictObject(range),
  constant: z.strictObject({ name, meta, value: ParameterValue }),
}

const asked = { child: name, parent: name, value: ParameterValue }
const Comparisons = z.strictObject(asked)
const InCondition = z.strictObject({ child: name, parent: name, values: z.array(ParameterValue) })
const Conjunction = z.strictObject({ child: name, conditions: z.array(z.unknown()).min(1) })
const ForbiddenValue = z.strictObject({ name, value: ParameterValue })
const ForbiddenIn = z.strictObject({ name, values: z.array(ParameterValue) })
const ForbiddenParts = z.strictObject({ clauses: z.array(z.unknown()).min(1) })

const Document = z.looseObject({
  name: z.string().nullable().optional(),
  hyperparameters: z.array(z.unknown()).min(1),
  conditions: z.array(z.unknown()).default([]),
  forbiddens: z.array(z.unknown()).default([]),
  format_version: z.number().max(configSpaceFormat).optional(),
  json_format_version: z.number().max(configSpaceFormat).optional(),
})

/** A conjunction of comparisons; a list of them is a disjunction. */
type Clause = readonly Comparison[]

/**
 * The parameter space of a document that ConfigSpace wrote, of format 0.4 or older.
 *
 * @remarks
 * `meta` is left behind: ConfigSpace makes no use of it. A forbidden `OR` becomes a clause for each
 * of its parts, "at most" and "at least" become "below or equal" and "above or equal".
 *
 * @param name - for documents that have none
 * @throws space/invalid-settings naming the place: what this language cannot say (normal and beta
 *   distributions, quantisation, weights of zero, relations between two parameters, values that are
 *   lists or null), and whatever `parameterSpace` refuses
 * @see ConfigSpace 1.2.2, `read_and_write/dictionary.py`.
 */
export function readConfigSpace(document: unknown, name = 'ConfigSpace'): ParameterSpace {
  const parsed = parse(Document, document, 'the document')
  const clauses = parsed.forbiddens.flatMap((item, index) =>
    readForbidden(item, `forbiddens[${index}]`),
  )
  return parameterSpace({
    name: parsed.name || name,
    parameters: parsed.hyperparameters.map((item, index) =>
      readHyperparameter(item, `hyperparameters[${index}]`),
    ),
    conditions: parsed.conditions.map((item, index) => readCondition(item, `conditions[${index}]`)),
    forbidden: clauses.map((parts): ForbiddenClause => ({ parts: [...parts] })),
  })
}

function readHyperparameter(item: unknown, place: string): Parameter {
  const { type, fields } = splitType(item, place)
  switch (type) {
    case 'categorical': {
      const found = parse(hyperparameters.categorical, fields, place)
      const foundWeights = found.weights ?? found.probabilities
      if (foundWeights?.some((weight) => weight <= 0)) {
        refuse(place, 'a weight of zero is a choice that never comes; leave the choice out')
      }
      const defaultValue = found.default_value ?? found.default
      return categorical(found.name, found.choices, {
        ...(foundWeights && { weights: foundWeights }),
        ...(defaultValue !== undefined && { defaultValue }),
      })
    }
    case 'ordinal': {
      const found = parse(hyperparameters.ordinal, fields, place)
      const defaultValue = found.default_value ?? found.default
      return ordinal(found.name, found.sequence, {
        ...(defaultValue !== undefined && { defaultValue }),
      })
    }
    case 'uniform_int':
    case 'uniform_float': {
      const found = parse(hyperparameters[type], fields, place)
      const defaultValue = found.default_value ?? found.default ?? undefined
      const make = type === 'uniform_int' ? integer : float
      return make(found.name, found.lower, found.upper, {
        log: found.log,
        ...(defaultValue !== undefined && { defaultValue }),
      })
    }
    case 'constant': {
      const found = parse(hyperparameters.constant, fields, place)
      return constant(found.name, found.value)
    }
    default:
      return refuseType(place, type, Object.keys(hyperparameters))
  }
}

function readCondition(item: unknown, place: string): Condition {
  const { fields } = splitType(item, place)
  const child = String(fields.child)
  return { child, test: readTest(item, place, child) }
}

function readTest(item: unknown, place: string, child: string): Test {
  const { type, fields } = splitType(item, place)
  if (fields.child !== child) refuse(place, `its child must be ${child}, as in the whole condition`)
  const compare = (kind: Exclude<Comparison['kind'], 'in'>): Test => {
    const { parent, value } = parse(Comparisons, fields, place)
    return { kind, parameter: parent, value }
  }
  switch (type) {
    case 'EQ':
      return compare('equals')
    case 'NEQ':
      return compare('not-equals')
    case 'LT':
      return compare('less-than')
    case 'GT':
      return compare('greater-than')
    case 'IN': {
      const found = parse(InCondition, fields, place)
      return { kind: 'in', parameter: found.parent, values: found.values }
    }
    case 'AND':
    case 'OR': {
      const { conditions } = parse(Conjunction, fields, place)
      const tests = conditions.map((part, index) =>
        readTest(part, `${place}.conditions[${index}]`, child),
      )
      return { kind: type === 'AND' ? 'and' : 'or', tests }
    }
    default:
      return refuseType(place, type, ['EQ', 'NEQ', 'LT', 'GT', 'IN', 'AND', 'OR'])
  }
}

/** Clauses of which each alone forbids. */
function readForbidden(item: unknown, place: string): readonly Clause[] {
  const { type, fields } = splitType(item, place)
  const compare = (...kinds: readonly Exclude<Comparison['kind'], 'in'>[]): readonly Clause[] => {
    const found = parse(ForbiddenValue, fields, place)
    return kinds.map((kind) => [{ kind, parameter: found.name, value: found.value }])
  }
  const parts = () =>
    parse(ForbiddenParts, fields, place).clauses.map((part, index) =>
      readForbidden(part, `${place}.clauses[${index}]`),
    )
  switch (type) {
    case 'EQUALS':
      return compare('equals')
    case 'IN': {
      const found = parse(ForbiddenIn, fields, place)
      return [[{ kind: 'in', parameter: found.name, values: found.values }]]
    }
    case 'CLAUSE_LT':
      return compare('less-than')
    case 'CLAUSE_LE':
      return compare('less-than', 'equals')
    case 'CLAUSE_GT':
      return compare('greater-than')
    case 'CLAUSE_GE':
      return compare('greater-than', 'equals')
    case 'OR':
      return parts().flat()
    case 'AND':
      return parts().reduce((all, more) =>
        all.flatMap((one) => more.map((other) => [...one, ...other])),
      )
    default:
      return refuseType(place, type, [
        'EQUALS',
        'IN',
        'CLAUSE_LT',
        'CLAUSE_LE',
        'CLAUSE_GT',
        'CLAUSE_GE',
        'AND',
        'OR',
      ])
  }
}

function splitType(item: unknown, place: string) {
  const { type, ...fields } = parse(z.looseObject({ type: z.string() }), item, place)
  return { type, fields }
}

function parse<T>(schema: z.ZodType<T>, value: unknown, place: string): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const path = issue?.path.map(String).join('.')
  refuse(path ? `${place}.${path}` : place, issue?.message ?? 'not as ConfigSpace writes it')
}

function refuseType(place: string, type: string, known: readonly string[]): never {
  refuse(place, `the type ${type} has no counterpart here; there are ${known.join(', ')}`)
}

function refuse(place: string, message: string): never {
  throw new ArchloomError(
    'space/invalid-settings',
    `The ConfigSpace document is wrong at ${place}: ${message}`,
    { details: { place } },
  )
}
