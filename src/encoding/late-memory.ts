/**
 * What is made of a key, remembered for the keys of late, in bounded memory.
 *
 * @remarks
 * Two generations: when the younger one is full it becomes the older one, and what of that is asked for
 * comes back. What is handed out is always what `make` makes of the key, so that a lost memory changes
 * nothing.
 * @param keptMax - the weight of what is remembered at most
 * @param make - of a key, given what is at hand besides
 * @param weigh - the weight of what was made; without it, all have 1
 */
export function lateMemory<Key, Made, Given = undefined>(
  keptMax: number,
  make: (key: Key, given: Given) => Made,
  weigh?: (made: Made) => number,
): (key: Key, given: Given) => Made {
  let late = new Map<Key, Made>()
  let before = new Map<Key, Made>()
  let lateWeight = 0
  return (key, given) => {
    const known = late.get(key)
    if (known !== undefined) return known
    const made = before.get(key) ?? make(key, given)
    if (lateWeight >= keptMax / 2) {
      before = late
      late = new Map()
      lateWeight = 0
    }
    late.set(key, made)
    lateWeight += weigh === undefined ? 1 : weigh(made)
    return made
  }
}
