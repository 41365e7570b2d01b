import { Command, Option } from 'commander'
import {
  configSpaceOf,
  type DescribedParameters,
  describeParameters,
} from '#src/runner/inspect-space.ts'
import { addSpaceOptions, chooseSpace, type SpaceFlags } from './space-choice.ts'

type Format = 'text' | 'json' | 'configspace'

interface ParametersFlags extends SpaceFlags {
  readonly format: Format
}

/** `archloom space parameters`: a space as methods on hyperparameters see it. */
export function parametersCommand(): Command {
  return addSpaceOptions(new Command('parameters'))
    .description(
      'a space as conditional hyperparameters: ranges, conditions, forbidden combinations',
    )
    .argument('<name>', 'a search space')
    .addOption(
      new Option('--format <format>', "text, archloom's own JSON, or JSON that ConfigSpace reads")
        .choices(['text', 'json', 'configspace'] satisfies Format[])
        .default('text'),
    )
    .addHelpText(
      'after',
      `
Examples:
  archloom space parameters nas-bench-201
  archloom space parameters chain --set maxDepth=3 --format configspace > chain.json`,
    )
    .action(async (name: string, { json, format, ...flags }: ParametersFlags) => {
      const choice = await chooseSpace(name, flags)
      if (format === 'configspace') return print(JSON.stringify(configSpaceOf(choice), null, 2))
      const described = describeParameters(choice)
      if (json || format === 'json') return print(JSON.stringify(described.space, null, 2))
      for (const line of parameterLines(described)) print(line)
    })
}

function parameterLines(described: DescribedParameters): readonly string[] {
  const { parameters, forbidden, vectorSize } = described
  const width = Math.max(...parameters.map(({ name }) => name.length)) + 2
  return [
    ...parameters.flatMap(({ name, domain, condition }) => [
      `${name.padEnd(width)}${domain}`,
      ...(condition === null ? [] : [`${' '.repeat(width)}if ${condition}`]),
    ]),
    ...forbidden.map((clause) => `Forbidden: ${clause}`),
    `${parameters.length} parameters, ${vectorSize} numbers in [0, 1]; ${countWords(described)}`,
  ]
}

function countWords({ count }: DescribedParameters): string {
  switch (count.kind) {
    case 'infinite':
      return 'infinitely many configurations'
    case 'exact':
      return `${count.value} configurations`
    case 'upper-bound':
      return `at most ${count.value} configurations`
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
