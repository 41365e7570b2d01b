/** `nas-bench-macro_cifar10.json` with made-up numbers: every code. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { nasBenchMacroEntry } from '#src/space/nas-bench-macro/nas-bench-macro.ts'
import { type OfficialFile, same } from './official-file.ts'

export const officialNasBenchMacro: OfficialFile = {
  name: 'nas-bench-macro',
  async write(folder) {
    const source = join(folder, 'nas-bench-macro_cifar10.json')
    writeFileSync(source, `{${codes().map(entry).join(', ')}}`)
    const text = readFileSync(source, 'utf8')
    const replaced = (change: string) => () => {
      writeFileSync(source, change)
      return () => writeFileSync(source, text)
    }
    return {
      source,
      bytes: text.length,
      records: codes().length,
      faults: [
        { name: 'cut', says: /it must be JSON, but/, damage: replaced(text.slice(0, -1000)) },
        {
          name: 'an accuracy that is NaN',
          says: /it must be JSON, but .*NaN/,
          damage: replaced(text.replace(/("11111111": \{"test_acc": \[)[^,]*/, '$1NaN')),
        },
        {
          name: 'one digit of an accuracy changed',
          says: /11111111: The mean of 11111111 must be/,
          damage: replaced(text.replace(/("11111111": \{"test_acc": \[)[^,]*/, '$112.5')),
        },
      ],
    }
  },
  check(benchmark) {
    const space = nasBenchMacroEntry.create(nasBenchMacroEntry.settings.parse({}))
    let agreed = 0
    for (const [index, code] of codes().entries()) {
      const row = benchmark.find(space, code)
      const found = benchmark.repeats(row, 'testAccuracy', { dataset: 'cifar10', epochs: 50 })
      for (const [repeat, percent] of accuracies(index).entries()) {
        same(found[repeat] ?? Number.NaN, percent / 100, `repeat ${repeat} of ${code}`)
      }
      same(benchmark.parameterCount(row, 'cifar10') ?? -1, 300_000 + index * 97, code)
      same(benchmark.multiplyAdds(row, 'cifar10') ?? -1, 7_000_000 + index * 9973, code)
      agreed += 5
    }
    return agreed
  },
}

function codes(): readonly string[] {
  return Array.from({ length: 3 ** 8 }, (_, index) => index.toString(3).padStart(8, '0'))
}

/** In percent, with the single-precision noise of the official file. */
function accuracies(index: number): readonly number[] {
  return [0, 1, 2].map((repeat) => Math.fround(((index * 7919 + repeat * 613) % 10000) / 100))
}

/** As Python's `json.dump` of `collect_benchmark.py` writes it. */
function entry(code: string, index: number): string {
  const list = accuracies(index)
  const mean = list.reduce((sum, value) => sum + value, 0) / 3
  const std = Math.sqrt(list.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 3)
  return `"${code}": {"test_acc": [${list.join(', ')}], "mean_acc": ${mean}, "std": ${std}, "params": ${300_000 + index * 97}, "flops": ${7_000_000 + index * 9973}}`
}
