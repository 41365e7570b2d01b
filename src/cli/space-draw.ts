import { writeFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { ArchloomError } from '#src/errors.ts'
import { drawArchitecture } from '#src/runner/inspect-space.ts'
import { parseCount } from './options.ts'
import { renderPng } from './png.ts'
import { addSpaceOptions, chooseSpace, type SpaceFlags } from './space-choice.ts'

interface DrawFlags extends SpaceFlags {
  readonly space: string
  readonly out?: string
  readonly theme?: Theme
  readonly scale?: number
  readonly network?: readonly number[]
  readonly classes: number
}

type Theme = 'auto' | 'light' | 'dark'

/** How a picture is to be written. */
type Format =
  | { readonly kind: 'svg'; readonly theme: Theme }
  | { readonly kind: 'png'; readonly theme: Theme; readonly scale: number }

const defaultScale = 2

/** `archloom space draw`: a picture of an architecture. */
export function drawCommand(): Command {
  return addSpaceOptions(new Command('draw'))
    .description('draw an architecture, or the network that is made of it, as SVG or PNG')
    .argument(
      '<architecture>',
      "the architecture's text form, quoted, or the name of a published one, which space show lists",
    )
    .requiredOption('--space <name>', 'the space that it is from')
    .option(
      '--out <file>',
      'where to write the picture, an .svg or a .png; by default SVG to stdout',
    )
    .option(
      '--network <sizes>',
      'draw the whole network for an input of this size: 3x32x32 images, 30 features or tokens',
      parseSizes,
    )
    .option('--classes <number>', 'classes of that network', parseCount, 10)
    .addOption(
      new Option(
        '--theme <theme>',
        'colors; auto, the default of SVG, follows the reader; PNG is light by default',
      ).choices(['auto', 'light', 'dark']),
    )
    .option(
      '--scale <number>',
      `pixels of a PNG for each unit of the SVG (default: ${defaultScale})`,
      parseScale,
    )
    .addHelpText(
      'after',
      `
Examples:
  archloom space draw "conv3-16-relu|max2" --space chain --out chain.svg
  archloom space draw NASNet-A --space nasnet --out nasnet.png
  archloom space draw NASNet-A --space nasnet --out slide.png --theme dark --scale 3
  archloom space draw "conv3-16-relu|max2" --space chain --network 1x28x28 --out network.svg
  archloom space draw "conv3-16-relu|max2" --space chain > chain.svg`,
    )
    .action(draw)
}

async function draw(text: string, flags: DrawFlags): Promise<void> {
  const { space, out, network, classes, json } = flags
  const format = formatOf(flags)
  const drawn = drawArchitecture(await chooseSpace(space, flags), text, {
    theme: format.theme,
    background: true,
    ...(network && { task: { inputShape: network, classCount: classes } }),
  })
  const { svg, ...architecture } = drawn
  if (out === undefined) {
    process.stdout.write(json ? jsonLines(drawn) : svg)
    return
  }
  const png = format.kind === 'png' ? await renderPng(svg, format) : null
  await writePicture(out, png ? png.bytes : svg)
  if (json) process.stdout.write(jsonLines({ ...architecture, path: out }))
  else process.stdout.write(`Wrote ${out}${png ? `, ${png.width} by ${png.height} pixels` : ''}\n`)
}

/** @throws config/usage for an unknown ending, and for flags that do not go with it */
function formatOf({ out, theme, scale }: DrawFlags): Format {
  const ending = out === undefined ? '.svg' : extname(out).toLowerCase()
  if (ending === '.svg') {
    if (scale === undefined) return { kind: 'svg', theme: theme ?? 'auto' }
    throw usage(
      'An SVG has no pixels, so --scale says nothing about it; leave it out, or write a .png with --out',
    )
  }
  if (ending === '.png') {
    if (theme !== 'auto') {
      return { kind: 'png', theme: theme ?? 'light', scale: scale ?? defaultScale }
    }
    throw usage(
      'The colors of a PNG cannot follow the reader; give --theme light or --theme dark, or write an .svg with --out',
    )
  }
  throw usage(
    `The ending of --out says how the picture is written: expected .svg or .png, found ${JSON.stringify(out)}`,
  )
}

function usage(message: string): ArchloomError {
  return new ArchloomError('config/usage', message)
}

async function writePicture(path: string, picture: string | Uint8Array): Promise<void> {
  try {
    await writeFile(path, picture)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ArchloomError('config/usage', `Cannot write the picture ${path}: ${reason}`, {
      cause,
    })
  }
}

function parseSizes(value: string): readonly number[] {
  if (/^[1-9][0-9]*(x[1-9][0-9]*){0,2}$/.test(value)) return value.split('x').map(Number)
  throw new InvalidArgumentError(
    `expected sizes such as 3x32x32 or 30, found ${JSON.stringify(value)}`,
  )
}

function parseScale(value: string): number {
  const scale = Number(value)
  if (/^[0-9]+(\.[0-9]+)?$/.test(value) && scale >= 0.1 && scale <= 20) return scale
  throw new InvalidArgumentError(`expected a number from 0.1 to 20, found ${JSON.stringify(value)}`)
}

function jsonLines(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
