/** Drives a PyTorch training script: four learning rates, two at a time, the hopeless cut short. */
import { openWorkers, z } from 'archloom'

const Output = z.object({ val_accuracy: z.number(), epochs: z.int() })

await using workers = await openWorkers({
  allow: ['digits_training'],
  pythonPath: [new URL('.', import.meta.url)],
  workers: 2,
})

async function train(learningRate: number) {
  const task = workers.call('digits_training:train', {
    input: { learning_rate: learningRate, epochs: 20 },
    output: Output,
  })
  for await (const { step, val_accuracy: accuracy } of task) {
    console.log(`rate ${learningRate}, epoch ${step}: ${Number(accuracy).toFixed(3)}`)
    if (Number(step) >= 3 && Number(accuracy) < 0.5) task.stop()
  }
  const { output, stopped, seconds } = await task.result
  return { learningRate, ...output, stopped, seconds }
}

const rates = [0.0001, 0.001, 0.01, 0.1]
const results = await Promise.all(rates.map(train))
results.sort((a, b) => b.val_accuracy - a.val_accuracy)
console.table(results)
