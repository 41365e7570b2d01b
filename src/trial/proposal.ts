import { z } from 'zod'
import { Fidelity } from './fidelity.ts'

/** What an optimizer proposes: one architecture at one fidelity, and where it came from. */
export const Proposal = z.strictObject({
  /** The space's text form; `space.parse` reads it back. */
  architecture: z.string().min(1),
  fidelity: Fidelity,
  /** How it was made, in the optimizer's words: `random`, `mutation`, … */
  origin: z.string().min(1),
  /** Index of the trial it descends from. */
  parent: z.int().min(0).optional(),
  /** Index of the trial whose trained weights its layers start from where they match; absent for a fresh start. */
  weightsFrom: z.int().min(0).optional(),
})
export type Proposal = z.infer<typeof Proposal>
