/** `npm run bench -- NAME [options]`: runs one measurement of `bench/`; without a name, lists them. */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { basename, join } from 'node:path'
import { projectFolder } from '#src/environment/folders.ts'

const folder = join(projectFolder(), 'bench')
const names = globSync('*.ts', { cwd: folder }).map((file) => basename(file, '.ts'))
const [name, ...args] = process.argv.slice(2)
if (name === undefined || !names.includes(name)) {
  console.error(`Name a measurement: npm run bench -- ${names.sort().join(' | ')}`)
  process.exitCode = 2
} else {
  // The memory measurement collects garbage before it looks.
  const command = ['--expose-gc', join(folder, `${name}.ts`), ...args]
  process.exitCode = spawnSync(process.execPath, command, { stdio: 'inherit' }).status ?? 1
}
