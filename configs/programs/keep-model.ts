/** Keeps a model in its worker between calls: trains it in steps, and asks it with typed arrays. */
import { openWorkers, tensor, z } from 'archloom'

await using workers = await openWorkers({
  allow: ['digit_classifier'],
  pythonPath: [new URL('.', import.meta.url)],
})

await using model = await workers.session('digit_classifier:DigitClassifier', {
  input: { hidden: 32 },
  methods: { fit: z.object({ loss: z.number() }), samples: z.object({}), classify: z.object({}) },
})

const samples = await model.call('samples', { input: { count: 500 } }).result
const images = samples.tensors.images?.data
const labels = samples.tensors.labels?.data
if (!(images instanceof Float32Array && labels instanceof BigInt64Array)) throw new TypeError()

// What is sent is the memory of the array; what is received is a view of the message.
const noisy = images.map((brightness) => brightness + (Math.random() - 0.5) / 2)

for (const round of [1, 2, 3]) {
  const fitting = model.call('fit', { input: { steps: 40 } })
  for await (const { step, loss } of fitting) {
    if (step === 40) console.log(`round ${round}: loss ${Number(loss).toFixed(3)}`)
  }
  const asked = { images: tensor(noisy, [500, 64]) }
  const { tensors } = await model.call('classify', { tensors: asked }).result
  const probabilities = tensors.probabilities?.data
  if (!(probabilities instanceof Float32Array)) throw new TypeError()
  const right = labels.filter((label, row) => likeliest(probabilities, row) === Number(label))
  console.log(`round ${round}: ${right.length} of ${labels.length} noisy digits right`)
}

/** The digit with the largest probability in a row of 10. */
function likeliest(probabilities: Float32Array, row: number): number {
  const digits = probabilities.subarray(row * 10, row * 10 + 10)
  return digits.indexOf(Math.max(...digits))
}
