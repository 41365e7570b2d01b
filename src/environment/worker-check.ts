/** Whether a worker's code and packages load in an environment, by loading them there. */
import { ArchloomError } from '#src/errors.ts'
import type { ReadyEnvironment } from './environment.ts'
import { type Finding, fine, problem } from './finding.ts'
import { pythonFolder } from './folders.ts'
import { type Probe, probeWorker } from './probe.ts'

export interface LoadCheck {
  /** What a worker will be asked to run on. */
  readonly device: 'cpu' | 'cuda'
  /** What to do about packages that do not load. */
  readonly reinstall: string
  /** Whether the environment is none without PyTorch. */
  readonly needsTorch: boolean
  readonly signal?: AbortSignal
}

/** Loading PyTorch takes a second or two. */
export async function checkLoads(
  environment: Pick<ReadyEnvironment, 'name' | 'command' | 'activation'>,
  { device, reinstall, needsTorch, signal }: LoadCheck,
): Promise<Finding[]> {
  const probe = await probeWorker(environment, signal).catch((error: unknown) => {
    if (error instanceof ArchloomError) return error
    throw error
  })
  if (probe instanceof ArchloomError) return [problem('worker', probe.message, reinstall)]
  const torchless = !needsTorch && /No module named 'torch'/.test(probe.broken.torch ?? '')
  const broken = Object.entries(probe.broken).filter(([name]) => !(torchless && name === 'torch'))
  const imports = broken.map(([module, reason]) =>
    problem(
      module,
      `cannot be imported: ${reason}`,
      module.startsWith('archloom_worker') ? `restore ${pythonFolder()}` : reinstall,
    ),
  )
  const worker = broken.length === 0 ? [fine('worker', 'its code and packages load')] : imports
  return [...worker, ...checkTorch(probe, { device, reinstall, torchless })]
}

function checkTorch(
  { torch }: Probe,
  {
    device,
    reinstall,
    torchless,
  }: Pick<LoadCheck, 'device' | 'reinstall'> & { torchless: boolean },
): Finding[] {
  if (torchless)
    return [fine('PyTorch', 'not installed: workers answer calls, and train no networks')]
  if (torch === null) return []
  const { version, cuda, gpus } = torch
  const build = fine('PyTorch', `${version}, ${cuda === null ? 'CPU build' : `CUDA ${cuda}`}`)
  return [build, ...(device === 'cuda' ? [checkGpu(cuda, gpus, reinstall)] : [])]
}

/**
 * @param cuda - CUDA version of the PyTorch build; null for a CPU build.
 * @param gpus - Names of the GPUs that PyTorch sees.
 */
export function checkGpu(cuda: string | null, gpus: readonly string[], reinstall: string): Finding {
  if (gpus.length > 0) return fine('GPU', gpus.join(', '))
  if (cuda === null) {
    return problem(
      'GPU',
      'this PyTorch is a CPU build and cannot use a GPU',
      `install a CUDA build from another index: ${reinstall} --index-url URL`,
    )
  }
  return problem(
    'GPU',
    `PyTorch for CUDA ${cuda} sees no GPU`,
    'check that nvidia-smi lists one and that its driver is new enough, or use the environment cpu',
  )
}
