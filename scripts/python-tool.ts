/** `node scripts/python-tool.ts pytest …`: runs a Python tool of development in `py/`. */
import { spawnSync } from 'node:child_process'
import { createEnvironment } from '#src/environment/create.ts'
import { pythonFolder } from '#src/environment/folders.ts'
import { installTools } from './python-tools.ts'

const [tool, ...args] = process.argv.slice(2)
const onLine = (line: string) => console.error(line)
// Creating one that is complete changes nothing and says so; only real work is worth a line.
const environment = await createEnvironment('cpu', {
  onLine: (line) => line.includes('is complete') || onLine(line),
})
const tools = await installTools(environment, onLine)
const { status, signal } = spawnSync(environment.python, ['-m', tool ?? 'pytest', ...args], {
  cwd: pythonFolder(),
  stdio: 'inherit',
  env: { ...process.env, PYTHONPATH: tools },
})
if (signal !== null) process.kill(process.pid, signal)
process.exitCode = status ?? 1
