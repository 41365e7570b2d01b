/**
 * The Python half of set-up, called by setup.mjs on the pinned Node: makes the worker's environment,
 * with `--dev` the tools of development as well. Progress goes to stderr, the paths that must exist
 * from now on to stdout, as JSON.
 */
import { parseArgs } from 'node:util'
import { createEnvironment } from '#src/environment/create.ts'
import { ArchloomError } from '#src/errors.ts'
import { installTools } from './python-tools.ts'
import { installRay } from './ray-python.ts'

const { values } = parseArgs({ options: { dev: { type: 'boolean' }, python: { type: 'string' } } })
const onLine = (line: string) => console.error(line)
try {
  const python = values.python === undefined ? {} : { python: values.python }
  const environment = await createEnvironment('cpu', { onLine, ...python })
  const tools = values.dev
    ? [await installTools(environment, onLine), await installRay(environment, onLine)]
    : []
  const paths = [environment.python, ...tools].filter((path) => path !== null)
  console.log(JSON.stringify(paths))
} catch (error) {
  if (!(error instanceof ArchloomError)) throw error
  console.error(`archloom: ${error.message}`)
  process.exitCode = error.exitCode
}
