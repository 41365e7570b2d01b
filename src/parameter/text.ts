/** The text form of a configuration: one line of `name=value` pairs, sorted by name. */
import { ArchloomError } from '#src/errors.ts'
import { parameterModel, readValue } from './model.ts'
import type { Configuration, ParameterSpace, ParameterValue } from './parameter.ts'
import {
  type ConfigurationProblem,
  findConfigurationProblems,
  problemSentence,
} from './problems.ts'
import { emptyRow, isInSpace, setValue } from './row.ts'

/** What a word may be to stand without quotes. */
const bareWord = /^[A-Za-z_][A-Za-z0-9_.:/+@-]*$/
/** A quoted word or a bare one, at the start of a text. */
const leadingWord = /^(?:"(?:[^"\\]|\\.)*"|[^\s="]+)/

/**
 * Pairs joined by a space, such as `depth=2 layer1.kind=conv lr=0.001`.
 *
 * @remarks
 * A name or a text stands in JSON quotes unless it is a plain word; a text that reads like a number
 * or a truth value is quoted, so that the kind of a value survives. Names are sorted by code unit.
 */
export function formatConfiguration(configuration: Configuration): string {
  let text = ''
  for (const name of Object.keys(configuration).sort()) {
    const pair = `${formatWord(name)}=${formatValue(readValue(configuration, name) ?? '')}`
    text = text === '' ? pair : `${text} ${pair}`
  }
  return text
}

/**
 * Reads the text form of a configuration of a space. Only what `formatConfiguration` would write is
 * accepted.
 *
 * @throws space/invalid-architecture naming the pair or the parameter, what was expected and found
 */
export function parseConfiguration(space: ParameterSpace, text: string): Configuration {
  const plain = parsePlain(space, text)
  if (plain !== null) return plain
  const pairs = text === '' ? [] : splitPairs(text)
  const configuration = Object.fromEntries(pairs)
  const written = formatConfiguration(configuration)
  if (written !== text) refuseOrder(pairs, written)
  const [problem] = findConfigurationProblems(space, configuration)
  if (problem) refuse(problem)
  return configuration
}

function formatWord(word: string): string {
  return bareWord.test(word) && word !== 'true' && word !== 'false' ? word : JSON.stringify(word)
}

function formatValue(value: ParameterValue): string {
  if (typeof value === 'string') return formatWord(value)
  // The engine remembers texts of numbers here, and not in JSON, whose texts are the same.
  return typeof value === 'number' && !Number.isFinite(value) ? 'null' : String(value)
}

/**
 * A configuration without anything in quotes, in one pass; null where there are quotes, or where
 * anything is wrong with it.
 */
function parsePlain(space: ParameterSpace, text: string): Configuration | null {
  const model = parameterModel(space)
  const configuration: Record<string, ParameterValue> = {}
  const row = emptyRow(model.nodes.length)
  let before = ''
  for (let start = 0; start < text.length; ) {
    const sign = text.indexOf('=', start)
    const end = endOfPair(text, start)
    const node = sign < 0 ? undefined : model.byName.get(text.slice(start, sign))
    const value = readPlainValue(text.slice(sign + 1, end))
    const name = node?.parameter.name ?? ''
    if (node === undefined || value === null || name <= before || formatWord(name) !== name) {
      return null
    }
    row[node.position] = value
    setValue(configuration, name, value)
    before = name
    start = end + 1
  }
  return text.endsWith(' ') || !isInSpace(model, row) ? null : configuration
}

function endOfPair(text: string, start: number): number {
  const end = text.indexOf(' ', start)
  return end < 0 ? text.length : end
}

/** What a word without quotes stands for, if it is written as `formatValue` does. */
function readPlainValue(word: string): ParameterValue | null {
  const value = readBare(word)
  return formatValue(value) === word ? value : null
}

type Pair = readonly [string, ParameterValue]

function splitPairs(text: string): readonly Pair[] {
  const pairs: Pair[] = []
  let rest = text
  while (rest !== '') {
    const place = `pair ${pairs.length + 1}`
    const name = takeWord(rest, place, 'the name of a parameter')
    rest = take(rest.slice(name.length), place, '=')
    const value = takeWord(rest, place, 'a value')
    rest = rest.slice(value.length)
    pairs.push([readName(name, place), readValueText(value, place)])
    if (rest !== '') rest = take(rest, place, ' ')
  }
  return pairs
}

function takeWord(text: string, place: string, expected: string): string {
  const [word] = leadingWord.exec(text) ?? []
  if (word === undefined) refuse({ place, expected, found: excerpt(text) })
  return word
}

function take(text: string, place: string, sign: string): string {
  if (!text.startsWith(sign) || text === sign) {
    const what = sign === ' ' ? 'one space and another pair' : '"=" and a value'
    refuse({ place, expected: what, found: excerpt(text) })
  }
  return text.slice(1)
}

function readName(word: string, place: string): string {
  const name = word.startsWith('"') ? readQuoted(word, place) : word
  if (formatWord(name) !== word) {
    refuse({ place, expected: `the name as ${formatWord(name)}`, found: excerpt(word) })
  }
  return name
}

function readValueText(word: string, place: string): ParameterValue {
  const value = word.startsWith('"') ? readQuoted(word, place) : readBare(word)
  if (formatValue(value) !== word) {
    refuse({ place, expected: `the value as ${formatValue(value)}`, found: excerpt(word) })
  }
  return value
}

function readBare(word: string): ParameterValue {
  if (word === 'true' || word === 'false') return word === 'true'
  const number = Number(word)
  return Number.isFinite(number) ? number : word
}

function readQuoted(word: string, place: string): string {
  try {
    return String(JSON.parse(word))
  } catch {
    return refuse({ place, expected: 'a text in JSON quotes', found: excerpt(word) })
  }
}

function refuseOrder(pairs: readonly Pair[], written: string): never {
  const names = pairs.map(([name]) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) {
    refuse({ place: twice, expected: 'one value', found: 'two pairs of that name' })
  }
  const sorted = names.toSorted((one, other) => (one < other ? -1 : 1))
  const index = names.findIndex((name, position) => name !== sorted[position])
  refuse({
    place: `pair ${index + 1}`,
    expected: index < 0 ? written : `${sorted[index]}, as names are sorted`,
    found: names[index] ?? 'another text',
  })
}

function excerpt(text: string): string {
  if (text === '') return 'the end'
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text)
}

function refuse(problem: ConfigurationProblem): never {
  throw new ArchloomError('space/invalid-architecture', problemSentence(problem), {
    details: { ...problem },
  })
}
