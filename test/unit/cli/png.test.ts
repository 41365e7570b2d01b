import { describe, expect, it } from 'vitest'
import { renderPng } from '#src/cli/png.ts'
import type { Drawing } from '#src/graph/drawing.ts'
import { renderSvg } from '#src/graph/svg.ts'
import { placeDrawing } from '#src/graph/svg-layout.ts'
import { colorAt, differingPixels, readPng } from '#test/fixtures/png.ts'
import { temporaryFolder } from '#test/fixtures/temporary-folder.ts'

const drawing: Drawing = {
  title: 'Two boxes',
  direction: 'down',
  groups: [],
  nodes: [
    { id: 'a', label: 'conv 3×3', detail: '16 channels', role: 'conv' },
    { id: 'b', label: 'max pool', role: 'pool' },
  ],
  edges: [{ from: 'a', to: 'b' }],
}
const { width, height, nodes } = placeDrawing(drawing)

const svgOf = (theme: 'light' | 'dark') => renderSvg(drawing, { theme, background: true })

async function imageOf(svg: string, scale = 2) {
  return readPng((await renderPng(svg, { scale })).bytes)
}

describe('renderPng', () => {
  it.each([1, 2, 3])('makes %d pixels of each unit of the SVG', async (scale) => {
    const png = await renderPng(svgOf('light'), { scale })
    const size = { width: width * scale, height: height * scale }
    expect(png).toMatchObject(size)
    expect(readPng(png.bytes)).toMatchObject(size)
  })

  it.each([
    ['light', '#ffffff', '#e4effb', '#e5f3e4'],
    ['dark', '#16171a', '#172b40', '#18311c'],
  ] as const)('has the colors of the %s theme', async (theme, ground, conv, pool) => {
    const image = await imageOf(svgOf(theme))
    expect(colorAt(image, Math.round(width), 4)).toBe(ground)
    const inBox = nodes.map(({ area }) => {
      // Close to the left border, where there are no words.
      const [x, y] = [area.x - area.width / 2 + 5, area.y]
      return colorAt(image, Math.round(2 * x), Math.round(2 * y))
    })
    expect(inBox).toEqual([conv, pool])
  })

  it('draws the words', async () => {
    const svg = svgOf('light')
    const silent = svg.replaceAll(/<text.*?<\/text>/g, '')
    const words = differingPixels(await imageOf(svg), await imageOf(silent))
    expect(words).toBeGreaterThan(500)
    expect(words).toBeLessThan(2 * width * 2 * height * 0.2)
  })

  it('draws arrows in the color of edges and nothing black', async () => {
    const image = await imageOf(svgOf('light'))
    const [a, b] = nodes.map(({ area }) => area)
    if (!a || !b) throw new Error('Both are placed')
    const y = Math.round(a.y + a.height / 2 + b.y - b.height / 2)
    expect(colorAt(image, Math.round(2 * a.x), y - 4)).toBe('#868b94')
    const black = Array.from({ length: image.width * image.height }, (_, index) =>
      colorAt(image, index % image.width, Math.floor(index / image.width)),
    ).filter((color, index) => color === '#000000' && image.pixels[index * 4 + 3] === 255)
    expect(black).toEqual([])
  })

  it('refuses to leave the words out where there is no font, and says what to install', async () => {
    await using folder = await temporaryFolder()
    const attempt = renderPng(svgOf('light'), { scale: 1, fontFolders: [folder.path] })
    await expect(attempt).rejects.toMatchObject({
      code: 'environment/missing-package',
      message: expect.stringMatching(/^Cannot draw PNG: .*fonts-dejavu-core.*\.svg$/),
    })
  })

  it('refuses a picture that would take too much memory', async () => {
    const svg = svgOf('light').replace(`width="${width}"`, 'width="40000"')
    await expect(renderPng(svg, { scale: 20 })).rejects.toMatchObject({
      code: 'config/usage',
      message: expect.stringMatching(/^Cannot draw a PNG of 800000 by \d+ pixels: .*--scale/),
    })
  })
})
