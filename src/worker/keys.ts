/**
 * The key files of workers on other machines. One folder holds both ends: `orchestrator.json` stays,
 * `worker.json` is copied to every machine that runs workers. Both hold a secret and are readable by
 * their owner alone.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { ArchloomError } from '#src/errors.ts'
import { type CurveServer, makeCurveKeys } from '#src/transport/curve.ts'

/** A CURVE key in Z85. */
const Key = z.string().length(40)

const OrchestratorKeys = z.strictObject({
  publicKey: Key,
  secretKey: Key,
  /** Public keys that may connect. */
  workers: z.array(Key).min(1),
})

export const WorkerKeys = z.strictObject({ serverKey: Key, publicKey: Key, secretKey: Key })
export type WorkerKeys = z.infer<typeof WorkerKeys>

/**
 * Makes a fresh pair of key files.
 *
 * @returns the paths of the two files
 * @throws config/usage when one exists already: workers that hold the old keys would be locked out
 */
export async function writeKeyFiles(folder: string): Promise<string[]> {
  const [server, worker] = [await makeCurveKeys(), await makeCurveKeys()]
  const files: readonly (readonly [string, unknown])[] = [
    ['orchestrator.json', { ...server, workers: [worker.publicKey] }],
    ['worker.json', { serverKey: server.publicKey, ...worker }],
  ]
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const paths: string[] = []
  for (const [name, keys] of files) {
    const path = join(folder, name)
    await writeFile(path, `${JSON.stringify(keys, null, 2)}\n`, { flag: 'wx', mode: 0o600 }).catch(
      (cause: NodeJS.ErrnoException) => {
        const why = cause.code === 'EEXIST' ? 'it exists; name another folder' : cause.code
        throw new ArchloomError('config/usage', `Cannot write the keys ${path}: ${why}`, { cause })
      },
    )
    paths.push(path)
  }
  return paths
}

/** What the listening side needs, from `orchestrator.json` of a key folder. */
export async function readOrchestratorKeys(folder: string): Promise<CurveServer> {
  const keys = await readKeys(
    join(folder, 'orchestrator.json'),
    OrchestratorKeys,
    'orchestrator.json',
  )
  const { publicKey, secretKey, workers } = keys
  return { server: { publicKey, secretKey }, clientPublicKeys: workers }
}

/** What a worker needs, from its key file. */
export function readWorkerKeys(path: string): Promise<WorkerKeys> {
  return readKeys(path, WorkerKeys, 'worker.json')
}

/**
 * What a worker's command line says of its keys; the secret one comes by its environment.
 *
 * @remarks
 * Each is one word with its option: a key may begin with a dash, which would look like an option.
 */
export function keyParameters(keys: Omit<WorkerKeys, 'secretKey'>): string[] {
  return [`--server-key=${keys.serverKey}`, `--public-key=${keys.publicKey}`]
}

async function readKeys<S extends z.ZodType>(
  path: string,
  schema: S,
  name: string,
): Promise<z.infer<S>> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new ArchloomError(
      'config/not-found',
      `Cannot read the keys ${path}: ${cause.code === 'ENOENT' ? 'no such file' : cause.code}; make keys with archloom env keys FOLDER`,
      { cause },
    )
  })
  const parsed = schema.safeParse(parseJson(text))
  if (parsed.success) return parsed.data
  throw new ArchloomError(
    'config/invalid',
    `The key file ${path} is not what archloom env keys writes as ${name}; give that file, or make keys with archloom env keys FOLDER`,
  )
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return null
  }
}
