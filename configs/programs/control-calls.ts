/** What can happen to a call, and how a program is told. */
import { ArchloomError, AttemptFailure, openWorkers } from 'archloom'

await using workers = await openWorkers({
  allow: ['digits_training'],
  pythonPath: [new URL('.', import.meta.url)],
})
const input = { learning_rate: 0.05, epochs: 1_000_000 }

// Cancelled: the promise rejects with the reason of the signal.
const stopping = new AbortController()
const cancelled = workers.call('digits_training:train', { input, signal: stopping.signal })
for await (const { step } of cancelled) {
  console.log(`cancelling after epoch ${step}`)
  break
}
stopping.abort()
await cancelled.result.catch((reason: Error) => console.log(`cancelled: ${reason.name}`))

// A deadline counts from when the function begins.
const slow = workers.call('digits_training:train', { input, deadlineSeconds: 1 })
await slow.result.catch(tell)

// What Python raises comes back with its place, and its traceback.
const wrong = { ...input, hidden: -1 }
await workers.call('digits_training:train', { input: wrong }).result.catch(tell)

// What may not be called, and arguments that do not fit, are told before anything runs.
await workers.call('os:getcwd').result.catch(tell)
await workers.call('digits_training:train', { input: { rate: 1 } }).result.catch(tell)

function tell(error: unknown) {
  if (error instanceof AttemptFailure) console.log(`${error.failure.kind}: ${error.message}`)
  else if (error instanceof ArchloomError) console.log(`${error.code}: ${error.message}`)
  else throw error
}
