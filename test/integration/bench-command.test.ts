/** `archloom bench …`, as a person runs it. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { archloom, startArchloom } from '#test/fixtures/command-line.ts'
import { type TemporaryFolder, temporaryFolder } from '#test/fixtures/temporary-folder.ts'

const code = (test: number) => ({
  test_acc: [test, test + 1, test + 2],
  mean_acc: test + 1,
  std: 0,
  params: 387_882,
  flops: 7_713_280,
})

/** A folder for benchmarks, and a source that is imported in no time. */
function bench(folder: TemporaryFolder, ...args: readonly string[]) {
  return archloom(['bench', ...args], { ARCHLOOM_BENCHMARKS: join(folder.path, 'benchmarks') })
}

function macroFile(folder: TemporaryFolder): string {
  const path = join(folder.path, 'nas-bench-macro_cifar10.json')
  writeFileSync(path, JSON.stringify({ '00000000': code(45), '22212220': code(92) }))
  return path
}

describe('archloom bench', () => {
  it('imports a file whose format it tells, lists, shows and asks it', async () => {
    await using folder = await temporaryFolder()
    const imported = bench(folder, 'import', macroFile(folder))
    expect(imported.stderr).toBe('')
    const path = join(folder.path, 'benchmarks', 'nas-bench-macro.bench')
    expect(imported.stdout).toMatch(`Wrote ${path}: 2 architectures, `)
    const list = bench(folder, 'list').stdout
    expect(list).toMatch(/^nas-bench-macro {2}2 architectures, .* KiB$/m)
    expect(list).toContain('    cifar10: 50 epochs, 3 repeats; test (test-only)')
    expect(list).toMatch(/Can be imported:\n {2}nas-bench-101 +nasbench_full.tfrecord or/)
    const show = bench(folder, 'show', 'nas-bench-macro').stdout
    expect(show).toMatch(/^Architectures 2 of the space nas-bench-macro$/m)
    expect(show).toMatch(/^Notes +A test-only table/m)
    expect(bench(folder, 'query', 'nas-bench-macro', '22212220').stdout).toBe(
      [
        '22212220',
        'row 0 of nas-bench-macro',
        '387,882 parameters, 7,713,280 multiply-adds',
        '',
        'data set  epochs  repeat    test',
        'cifar10       50       0  92.00%',
        'cifar10       50       1  93.00%',
        'cifar10       50       2  94.00%',
        'cifar10       50    mean  93.00%',
        '',
      ].join('\n'),
    )
  })

  it('speaks JSON', async () => {
    await using folder = await temporaryFolder()
    const out = join(folder.path, 'mine')
    const args = ['import', 'nas-bench-macro', macroFile(folder), '--name', 'mine', '--out', out]
    const imported = JSON.parse(bench(folder, ...args, '--json').stdout) as Record<string, unknown>
    expect(imported).toMatchObject({ name: 'mine', path: `${out}.bench`, rowCount: 2 })
    const answer: unknown = JSON.parse(
      bench(folder, 'query', `${out}.bench`, '00000000', '--repeat', '1', '--json').stdout,
    )
    expect(answer).toEqual({
      benchmark: 'mine',
      contentHash: imported.contentHash,
      row: 1,
      architecture: '00000000',
      canonical: '00000000',
      sizes: [{ dataset: 'cifar10', parameterCount: 387_882, multiplyAdds: 7_713_280 }],
      measurements: [{ dataset: 'cifar10', epochs: 50, epoch: 50, repeat: 1, testAccuracy: 0.46 }],
    })
    const { benchmarks } = JSON.parse(bench(folder, 'list', '--json').stdout) as {
      benchmarks: unknown[]
    }
    expect(benchmarks).toEqual([])
  })

  it.each([
    [
      ['query', 'nas-bench-macro', '22212220', '--split', 'validation'],
      2,
      /has no metric valAccuracy there; it has testAccuracy/,
    ],
    [
      ['query', 'nothing', '22212220'],
      2,
      /There is no benchmark "nothing" .*take nas-bench-macro, or import it/,
    ],
    [
      ['query', 'nas-bench-macro', '22212220', '--repeat', 'all'],
      2,
      /expected a number from 0 on or mean, found "all"/,
    ],
  ])('refuses %j in one sentence', async (args, exit, message) => {
    await using folder = await temporaryFolder()
    expect(bench(folder, 'import', macroFile(folder)).status).toBe(0)
    const { status, stdout, stderr } = bench(folder, ...args)
    expect(status).toBe(exit)
    expect(stderr).toMatch(message)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(stdout).toBe('')
  })

  it('lists a damaged file as such', async () => {
    await using folder = await temporaryFolder()
    bench(folder, 'import', macroFile(folder))
    const path = join(folder.path, 'benchmarks', 'nas-bench-macro.bench')
    writeFileSync(path, readFileSync(path).subarray(0, -1))
    const { status, stdout } = bench(folder, 'list')
    expect(status).toBe(0)
    expect(stdout).toMatch(/^nas-bench-macro {2}DAMAGED: .* it should have/m)
  })

  it('leaves nothing behind when it is stopped', async () => {
    await using folder = await temporaryFolder()
    const source = join(folder.path, 'endless.csv')
    const row = (index: number) => `${index.toString(3).padStart(8, '0')},1,1,1,1,1,1`
    // All codes again and again: the second time is refused, but it takes a while to come there.
    const lines = Array.from({ length: 6561 }, (_, index) => row(index))
    writeFileSync(source, `arch,test1,test2,test3,mean,params,flops\n${lines.join('\n')}\n`)
    const out = join(folder.path, 'out', 'stopped.bench')
    const { child, ended } = startArchloom([
      'bench',
      'import',
      'nas-bench-macro',
      source,
      '--out',
      out,
    ])
    child.kill('SIGINT')
    const { status } = await ended
    // Before it listens the signal ends it at once; afterwards it stops in order.
    expect([null, 130]).toContain(status)
    expect(
      existsSync(out) ||
        (existsSync(join(folder.path, 'out')) && readdirSync(join(folder.path, 'out')).length > 0),
    ).toBe(false)
  })
})
