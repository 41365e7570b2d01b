/**
 * What is still to be done when the process ends by itself: one listener for all, since Node warns of
 * a leak from the eleventh on.
 */
const duties = new Set<() => void>()

/**
 * Has something done at the end of the process, synchronously.
 * @returns takes the duty back
 */
export function atProcessEnd(duty: () => void): () => void {
  if (duties.size === 0) process.on('exit', fulfil)
  duties.add(duty)
  return () => {
    if (duties.delete(duty) && duties.size === 0) process.off('exit', fulfil)
  }
}

function fulfil(): void {
  for (const duty of duties) {
    try {
      duty()
    } catch {
      // Nobody is left to tell, and the others are still to be done.
    }
  }
}
