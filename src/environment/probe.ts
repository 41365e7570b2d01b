/** Asks an environment's Python what a worker needs: its imports, PyTorch's build, the devices. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { z } from 'zod'
import { ArchloomError } from '#src/errors.ts'
import type { ReadyEnvironment } from './environment.ts'
import { filledCommand, workerVariables } from './worker-variables.ts'

const run = promisify(execFile)

const Probe = z.strictObject({
  /** What cannot be imported, with Python's reason. */
  broken: z.record(z.string(), z.string()),
  torch: z
    .strictObject({
      version: z.string(),
      /** CUDA version of the build; null for a CPU build. */
      cuda: z.string().nullable(),
      gpus: z.array(z.string()),
    })
    .nullable(),
})
export type Probe = z.infer<typeof Probe>

const script = `
import importlib, json
broken, torch = {}, None
for name in ("numpy", "msgspec", "zmq", "torch", "archloom_worker.__main__"):
    try:
        importlib.import_module(name)
    except BaseException as error:
        broken[name] = f"{type(error).__name__}: {error}"
if "torch" not in broken:
    import torch as t
    gpus = [t.cuda.get_device_name(i) for i in range(t.cuda.device_count())] if t.cuda.is_available() else []
    torch = {"version": t.__version__, "cuda": t.version.cuda, "gpus": gpus}
print(json.dumps({"broken": broken, "torch": torch}))
`

/**
 * Runs the probe; importing PyTorch takes a second or two.
 *
 * @throws environment/missing-package when Python crashes or answers something else.
 */
export async function probeWorker(
  environment: Pick<ReadyEnvironment, 'name' | 'command' | 'activation'>,
  signal?: AbortSignal,
): Promise<Probe> {
  const [file, ...first] = filledCommand(environment, null)
  try {
    const { stdout } = await run(file, [...first, '-c', script], {
      env: workerVariables(1, environment),
      timeout: 120_000,
      ...(signal && { signal }),
    })
    return Probe.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''))
  } catch (cause) {
    signal?.throwIfAborted()
    const said = cause instanceof Error ? cause.message.trim().split('\n').at(-1) : String(cause)
    throw new ArchloomError(
      'environment/missing-package',
      `The Python of the environment ${environment.name} crashed while it imported the worker's packages: ${said}`,
      { cause },
    )
  }
}
