/** From the columns of a record to the architecture that it measures. */
import { ArchloomError } from '#src/errors.ts'
import type { Parameter, ParameterValue } from '#src/parameter/parameter.ts'
import type { ParameterEncoding, SearchSpace } from '#src/space/space.ts'
import type { OwnTable } from './description.ts'
import type { Cell } from './records.ts'

export interface ArchitectureReader {
  readonly columns: readonly string[]
  /** @param cells - of those columns */
  read(cells: readonly Cell[]): { readonly text: string; readonly canonical: string }
}

/**
 * @throws benchmark/invalid for a space without parameters where the description names no column of
 *   text forms, and for a parameter that there is not
 */
export function architectureReader(space: SearchSpace, table: OwnTable): ArchitectureReader {
  if (table.architecture !== undefined) return textReader(space, table.architecture)
  const encoding = space.encodings.parameters
  if (encoding === undefined) {
    throw new ArchloomError(
      'benchmark/invalid',
      `The space ${space.name} has no fixed list of parameters; say with architecture: which column has the text form`,
    )
  }
  return parameterReader(space, encoding, table.parameters ?? {})
}

function textReader(space: SearchSpace, column: string): ArchitectureReader {
  return {
    columns: [column],
    read([cell]) {
      const text = String(cell ?? '')
      return { text, canonical: space.canonical(space.parse(text)) }
    },
  }
}

function parameterReader(
  space: SearchSpace,
  encoding: ParameterEncoding<unknown>,
  renamed: Readonly<Record<string, string>>,
): ArchitectureReader {
  const parameters = encoding.space.parameters.filter(({ kind }) => kind !== 'constant')
  const constants = encoding.space.parameters.filter((parameter) => parameter.kind === 'constant')
  const names = encoding.space.parameters.map(({ name }) => name)
  const unknown = Object.keys(renamed).find((name) => !names.includes(name))
  if (unknown !== undefined) {
    throw new ArchloomError(
      'benchmark/invalid',
      `The space ${space.name} has no parameter ${unknown}; its parameters are ${names.join(', ')}`,
    )
  }
  return {
    columns: parameters.map(({ name }) => renamed[name] ?? name),
    read(cells) {
      const read = parameters.flatMap((parameter, index) => {
        const cell = cells[index] ?? null
        return cell === null ? [] : [[parameter.name, valueIn(parameter, cell)] as const]
      })
      const fixed = constants.map(({ name, value }) => [name, value] as const)
      const decoded = decode(encoding, [...fixed, ...read])
      return { text: space.format(decoded), canonical: space.canonical(decoded) }
    },
  }
}

function decode(
  encoding: ParameterEncoding<unknown>,
  entries: readonly (readonly [string, ParameterValue])[],
): unknown {
  const decoded = encoding.decode(Object.fromEntries(entries))
  if ('architecture' in decoded) return decoded.architecture
  throw new ArchloomError(
    'benchmark/invalid',
    `This is no configuration of the space: ${decoded.problems[0]}`,
  )
}

/** A cell as a value of its parameter: a CSV table has texts alone. */
function valueIn(parameter: Parameter, cell: Cell): ParameterValue {
  const plain = cell ?? ''
  if (parameter.kind === 'integer' || parameter.kind === 'float') {
    return typeof plain === 'string' ? Number(plain) : plain
  }
  if (parameter.kind === 'constant') return parameter.value
  const values = parameter.kind === 'categorical' ? parameter.choices : parameter.sequence
  // A choice of text before a number that reads the same, and 2.0 for 2.
  return (
    values.find((value) => value === plain) ??
    values.find((value) => String(value).toLowerCase() === String(plain).toLowerCase()) ??
    values.find((value) => typeof value === 'number' && value === Number(plain)) ??
    plain
  )
}
