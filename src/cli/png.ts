/** PNG of a drawing's SVG: the one place that knows of resvg. */
import type { Resvg } from '@resvg/resvg-js'
import { ArchloomError } from '#src/errors.ts'

export interface PngOptions {
  /** Pixels per unit of the SVG. */
  readonly scale: number
  /** Folders with fonts; by default where the system keeps them. */
  readonly fontFolders?: readonly string[]
}

export interface Png {
  readonly bytes: Uint8Array
  /** In pixels. */
  readonly width: number
  readonly height: number
}

/** About 400 MB while the picture is made. */
const pixelLimit = 100_000_000

/**
 * Renders an SVG whose colors are plain: resvg knows neither CSS variables nor media queries, so
 * `renderSvg` has to be given the theme.
 *
 * @throws config/usage for a picture too large; environment/missing-package where resvg or fonts are
 * missing: without a font all words would be left out in silence
 */
export async function renderPng(svg: string, { scale, fontFolders }: PngOptions): Promise<Png> {
  const { Resvg } = await loadResvg()
  const font = {
    loadSystemFonts: fontFolders === undefined,
    ...(fontFolders && { fontDirs: [...fontFolders] }),
  }
  requireFont(new Resvg(probe, { font }))
  const picture = new Resvg(svg, { font, fitTo: { mode: 'zoom', value: scale } })
  requireModestSize(picture, scale)
  const image = picture.render()
  return { bytes: image.asPng(), width: image.width, height: image.height }
}

const probe =
  '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text y="9" font-family="sans-serif">A</text></svg>'

async function loadResvg(): Promise<typeof import('@resvg/resvg-js')> {
  try {
    return await import('@resvg/resvg-js')
  } catch (cause) {
    throw new ArchloomError(
      'environment/missing-package',
      `Cannot draw PNG on ${process.platform} ${process.arch}: the package @resvg/resvg-js found no binary for it; install optional packages too (npm install --include=optional), or write an .svg`,
      { cause },
    )
  }
}

function requireFont(probed: Resvg): void {
  if (probed.getBBox() !== undefined) return
  throw new ArchloomError(
    'environment/missing-package',
    'Cannot draw PNG: its words need a font, and none was found on this machine; install one, such as the package fonts-dejavu-core of Debian and Ubuntu, or write an .svg',
  )
}

function requireModestSize({ width, height }: Resvg, scale: number): void {
  const [across, down] = [Math.ceil(width * scale), Math.ceil(height * scale)]
  if (across * down <= pixelLimit) return
  throw new ArchloomError(
    'config/usage',
    `Cannot draw a PNG of ${across} by ${down} pixels: at most ${pixelLimit} pixels were expected; take a smaller --scale, or write an .svg`,
    { details: { width: across, height: down, pixelLimit } },
  )
}
