/** Parameter spaces in words, for people and for error messages. */
import { defaultOf, domainWords } from './domain.ts'
import type { Comparison, ForbiddenClause, Parameter, Test } from './parameter.ts'

const signs = {
  equals: '=',
  'not-equals': '≠',
  in: 'in',
  'less-than': '<',
  'greater-than': '>',
} as const

/** Such as `depth > 2` or `kind in ["conv","pool"]`. */
export function comparisonWords(test: Comparison): string {
  const asked = test.kind === 'in' ? test.values : test.value
  return `${test.parameter} ${signs[test.kind]} ${JSON.stringify(asked)}`
}

/** Comparisons joined by `and` and `or`, in parentheses where one stands in the other. */
export function testWords(test: Test): string {
  if (test.kind !== 'and' && test.kind !== 'or') return comparisonWords(test)
  const [only] = test.tests
  if (only && test.tests.length === 1) return testWords(only)
  return test.tests
    .map((part) => {
      const isJoined = (part.kind === 'and' || part.kind === 'or') && part.tests.length > 1
      return isJoined && part.kind !== test.kind ? `(${testWords(part)})` : testWords(part)
    })
    .join(` ${test.kind} `)
}

export function forbiddenWords({ parts }: ForbiddenClause): string {
  return parts.map(comparisonWords).join(' and ')
}

/** Kind, domain and default, such as `float from 0.00001 to 0.1, log; default 0.001`. */
export function parameterWords(parameter: Parameter): string {
  switch (parameter.kind) {
    case 'constant':
      return `constant ${JSON.stringify(parameter.value)}`
    case 'categorical': {
      const weights = parameter.weights ? `, weights ${parameter.weights.join(', ')}` : ''
      return `categorical, ${domainWords(parameter)}${weights}; ${defaultWords(parameter)}`
    }
    case 'ordinal':
      return `ordinal, ${domainWords(parameter)}; ${defaultWords(parameter)}`
    case 'integer':
    case 'float': {
      const { kind, lower, upper, log } = parameter
      return `${kind} from ${lower} to ${upper}${log ? ', log' : ''}; ${defaultWords(parameter)}`
    }
  }
}

function defaultWords(parameter: Parameter): string {
  return `default ${JSON.stringify(defaultOf(parameter))}`
}
