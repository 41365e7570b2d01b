import { Command } from 'commander'
import { integer } from '#src/report/format.ts'
import {
  describeSpace,
  describeSpaces,
  type SpaceDescription,
  sampleSpace,
} from '#src/runner/inspect-space.ts'
import { parseCount, parseSeed } from './options.ts'
import { addSpaceOptions, chooseSpace, type SpaceFlags } from './space-choice.ts'
import { drawCommand } from './space-draw.ts'
import { parametersCommand } from './space-parameters.ts'

interface SampleFlags extends SpaceFlags {
  readonly count: number
  readonly seed: string
}

/** `archloom space`: what can be searched, without running anything. */
export function spaceCommand(): Command {
  return new Command('space')
    .description('list, show, sample and draw search spaces')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(countCommand())
    .addCommand(parametersCommand())
    .addCommand(sampleCommand())
    .addCommand(drawCommand())
    .addHelpText(
      'after',
      `
Examples:
  archloom space list
  archloom space show chain --set maxDepth=4
  archloom space sample nas-bench-201 --count 3
  archloom space draw "conv3-16-relu|max2" --space chain --out chain.svg`,
    )
}

function listCommand(): Command {
  return new Command('list')
    .description('every search space, with the number of its architectures at default settings')
    .option('--json', 'one JSON document on stdout', false)
    .addHelpText('after', '\nExamples:\n  archloom space list\n  archloom space list --json')
    .action(({ json }: { readonly json: boolean }) => {
      const spaces = describeSpaces()
      if (json) return printJson(spaces)
      const width = Math.max(...spaces.map(({ name }) => name.length)) + 2
      for (const space of spaces) {
        print(`${space.name.padEnd(width)}${space.summary}`)
        print(`${' '.repeat(width)}${countWords(space)} architectures; ${space.source}`)
        const names = Object.keys(space.named)
        if (names.length > 0) print(`${' '.repeat(width)}Published: ${names.join(', ')}`)
      }
    })
}

function showCommand(): Command {
  return addSpaceOptions(new Command('show'))
    .description('what a space holds, what its sampler draws from, its settings and an example')
    .argument('<name>', 'a search space; archloom space list names them')
    .addHelpText(
      'after',
      `
Examples:
  archloom space show nas-bench-201
  archloom space show chain --set "conv={kernels: [3], channels: [16, 32]}" --set pool=null`,
    )
    .action(async (name: string, { json, ...flags }: SpaceFlags) => {
      const space = describeSpace(await chooseSpace(name, flags))
      if (json) return printJson(space)
      print(`${space.name}: ${space.summary}`)
      print(`Source        ${space.source}`)
      print(`Architectures ${countWords(space)}`)
      print(`Sampling      ${space.distribution}`)
      print(`Settings      ${JSON.stringify(space.settings)}`)
      print(`Example       ${space.example}`)
      for (const [name, text] of Object.entries(space.named)) print(`${name.padEnd(14)}${text}`)
    })
}

function countCommand(): Command {
  return addSpaceOptions(new Command('count'))
    .description('how many architectures a space holds')
    .argument('<name>', 'a search space')
    .addHelpText('after', '\nExamples:\n  archloom space count chain --set maxDepth=10')
    .action(async (name: string, { json, ...flags }: SpaceFlags) => {
      const { count, countKind } = describeSpace(await chooseSpace(name, flags))
      if (json) printJson({ name, count, countKind })
      else print(countKind === 'exact' ? count : `${count} (${countKind})`)
    })
}

function sampleCommand(): Command {
  return addSpaceOptions(new Command('sample'))
    .description("draw architectures with the space's own sampler, one a line")
    .argument('<name>', 'a search space')
    .option('--count <number>', 'how many', parseCount, 1)
    .option('--seed <number>', 'the same seed draws the same architectures', parseSeed, '0')
    .addHelpText(
      'after',
      `
Examples:
  archloom space sample nas-bench-201 --count 5 --seed 3
  archloom space sample chain --set sampling=depths --json`,
    )
    .action(async (name: string, { json, count, seed, ...flags }: SampleFlags) => {
      const samples = sampleSpace(await chooseSpace(name, flags), seed, count)
      if (json) printJson(samples)
      else for (const { architecture } of samples) print(architecture)
    })
}

/** A number of architectures as a person reads it, and whether it is a bound. */
export function countWords({ count, countKind }: SpaceDescription): string {
  const value = BigInt(count)
  const digits =
    value < 10n ** 15n ? integer(Number(value)) : `about ${Number(value).toPrecision(4)}`
  switch (countKind) {
    case 'exact':
      return digits
    case 'upper-bound':
      return `at most ${digits}`
    case 'lower-bound':
      return `at least ${digits}`
  }
}

function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2))
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
