/** The page of the Node API: its code is that of the programs, which an integration test runs. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { projectFolder } from '#src/environment/folders.ts'

const read = (path: string) => readFileSync(join(projectFolder(), path), 'utf8')
const page = read('docs/node-api.md')
const programs = ['drive-training', 'keep-model', 'control-calls'].map((name) =>
  read(`configs/programs/${name}.ts`),
)

it('quotes the programs word for word', () => {
  const quotes = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code ?? '')
  expect(quotes.length).toBeGreaterThan(5)
  for (const code of quotes) {
    expect(
      programs.some((program) => program.includes(code.trimEnd())),
      code,
    ).toBe(true)
  }
})

it('drives a training script in fewer than forty lines', () => {
  expect(programs[0]?.split('\n').length).toBeLessThan(40)
})

it('quotes the script’s own signature', () => {
  const [, signature = ''] = /```python\n([\s\S]*?)```/.exec(page) ?? []
  expect(read('configs/programs/digits_training.py')).toContain(signature)
})

it('leads to files that there are', () => {
  const links = [...page.matchAll(/\]\(([^)#]+)/g)].map(([, link]) => link ?? '')
  expect(links.length).toBeGreaterThan(3)
  for (const link of links) {
    expect(existsSync(join(projectFolder(), 'docs', link)), link).toBe(true)
  }
})

it('names every option of openWorkers', () => {
  const options = /interface WorkersOptions \{([\s\S]*?)\n\}/.exec(read('src/bridge/workers.ts'))
  const names = [...(options?.[1] ?? '').matchAll(/readonly (\w+)\??:/g)].map(([, name]) => name)
  expect(names.length).toBeGreaterThan(8)
  for (const name of names) expect(page).toContain(`\n| \`${name}\` |`)
})
