/** Who works for a run, as a person reads it on a terminal. */
import { bytes, percent } from '#src/report/format.ts'
import type { WatchedRun } from '#src/runner/watched-run.ts'
import { resumeCommand } from '#src/store/run-folder.ts'
import { clockTime } from './progress.ts'

type WorkerStatus = NonNullable<WatchedRun['said']>['workers'][number]

const columns = ['worker', 'state', 'on', 'memory', 'doing', 'for', 'progress', 'done', 'heard']

/** @param nowMs - when it is read, since what it says is up to when it was written */
export function workersLines({ folder, state, said }: WatchedRun, nowMs: number): string[] {
  if (said === null || state === 'starting') return [`${folder}  ${wordless(state)}`]
  const ageMs = Math.max(0, nowMs - said.writtenMs)
  const head = `${folder}  ${said.name}, ${wordsFor(state, folder, ageMs)}, process ${said.pid} on ${said.host}`
  if (said.workers.length === 0) return [head, '  nobody is connected']
  const isOver = state === 'ended' || state === 'died'
  const rows = said.workers.map((worker) => rowOf(worker, isOver ? null : ageMs))
  return [head, ...tableLines([columns, ...rows])]
}

function wordless(state: WatchedRun['state']): string {
  return state === 'starting'
    ? 'starts, or its evaluator has no workers: nothing has been said of them yet'
    : 'is run by no process, and none ever said anything of workers'
}

function wordsFor(state: WatchedRun['state'], folder: string, ageMs: number): string {
  switch (state) {
    case 'live':
      return 'live'
    case 'unanswering':
      return `silent for ${clockTime(ageMs)} although its process lives: stopped, or overloaded`
    case 'ended':
      return `ended ${clockTime(ageMs)} ago, this was the last`
    default:
      return `died ${clockTime(ageMs)} ago or later, continue it with ${resumeCommand(folder)}; this was the last`
  }
}

/** @param ageMs - null for a run that is over, whose workers have been heard for the last time */
function rowOf(worker: WorkerStatus, ageMs: number | null): string[] {
  const { name, local, state, memory, tasks, finishedCount, failedCount, restarts } = worker
  const [task, ...others] = tasks
  const more = others.length > 0 ? ` and ${others.length} more` : ''
  const failed = failedCount > 0 ? `, ${failedCount} failed` : ''
  return [
    local ? name : `${name} (elsewhere)`,
    restarts > 0 ? `${state}, restart ${restarts}` : state,
    worker.on ? machineWords(worker.on) : '',
    memory ? memoryWords(memory) : '',
    task ? `${taskWords(task)}${more}` : '',
    task ? clockTime(task.runningSeconds * 1000 + (ageMs ?? 0)) : '',
    task ? progressWords(task) : '',
    `${finishedCount}${failed}`,
    heardWords(worker.heardSecondsAgo, ageMs),
  ]
}

type Task = WorkerStatus['tasks'][number]

function machineWords(on: NonNullable<WorkerStatus['on']>): string {
  const { device, hardware, python, torch, cuda, threads } = on
  const width = device === 'cpu' ? ` × ${threads} thread${threads === 1 ? '' : 's'}` : ''
  const versions = [
    `Python ${python}`,
    ...(torch === null ? [] : [`PyTorch ${torch}`]),
    ...(device === 'cuda' && cuda !== null ? [`CUDA ${cuda}`] : []),
  ]
  return `${hardware}${width}, ${versions.join(', ')}`
}

function memoryWords({ residentBytes, deviceBytes }: NonNullable<WorkerStatus['memory']>): string {
  return deviceBytes === null
    ? bytes(residentBytes)
    : `${bytes(residentBytes)}, GPU ${bytes(deviceBytes)}`
}

/** `trial 17, attempt 2`, or what else the task is called. */
function taskWords({ task, attempt, kind, started, cancelled }: Task): string {
  const trial = /^t0*([0-9]+)$/.exec(task)?.[1]
  const name = trial === undefined ? `${task} (${kind})` : `${kind} of trial ${trial}`
  const again = attempt > 0 ? `, attempt ${attempt + 1}` : ''
  const phase = cancelled ? ', cancelled' : started ? '' : ', sent'
  return `${name}${again}${phase}`
}

/** Reported values that are shown at most. */
const shownValues = 3

function progressWords({ kind, epochs, lastWord }: Task): string {
  if (lastWord === null) return ''
  const { epoch, valAccuracy, ...others } = lastWord
  if (kind === 'train' && typeof epoch === 'number') {
    const reached = epochs === null ? `epoch ${epoch}` : `epoch ${epoch} of ${epochs}`
    return typeof valAccuracy === 'number' ? `${reached}, ${percent(valAccuracy)}` : reached
  }
  const values = Object.entries({ ...(epoch !== undefined && { epoch }), ...others })
    .filter((entry): entry is [string, number] => typeof entry[1] === 'number')
    .slice(0, shownValues)
  return values.map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`).join(', ')
}

function heardWords(secondsAgo: number | null, ageMs: number | null): string {
  if (secondsAgo === null) return 'never'
  if (ageMs === null) return ''
  const seconds = secondsAgo + ageMs / 1000
  return seconds < 10 ? `${seconds.toFixed(1)} s ago` : `${clockTime(seconds * 1000)} ago`
}

function tableLines(rows: readonly (readonly string[])[]): string[] {
  const widths = columns.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)))
  return rows.map((row) =>
    `  ${row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  ')}`.trimEnd(),
  )
}
