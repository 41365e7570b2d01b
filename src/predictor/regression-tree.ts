/** One regression tree of a forest, grown in flat arrays. */
import type { Random } from '#src/random/random.ts'

export interface TreeSettings {
  /** Share of the features that a split looks at, rounded down, at least one. */
  readonly featureRatio: number
  /** Rows that a node must have to be split; at least 2. */
  readonly minSplit: number
  /** Rows on either side of a split. */
  readonly minLeaf: number
  readonly maxDepth: number
  /** One uniform threshold a feature, or the best of all thresholds between values. */
  readonly splitter: 'random' | 'best'
  /** Whether targets are logarithms, so that a leaf's value is the logarithm of the mean. */
  readonly logTargets: boolean
}

/** Points by row: `columns[feature][row]`, all finite. */
export interface TreeData {
  readonly columns: readonly Float64Array[]
  readonly targets: Float64Array
}

/** Nodes in the order in which they were made; the root is node 0. */
export interface Tree {
  /** The feature that a node asks for; -1 for a leaf. */
  readonly feature: Int32Array
  /** Rows up to it go left, the others to the right child. */
  readonly threshold: Float64Array
  /** The left child; the right one follows it. */
  readonly left: Int32Array
  /** What a leaf says. */
  readonly value: Float64Array
}

interface Split {
  readonly feature: number
  readonly threshold: number
  readonly gain: number
}

/**
 * A tree grown on some rows, each counted as often as it is listed.
 *
 * @remarks A split is the one that leaves the least squared error among those that its features
 * offer; features without two values in the node are passed over, and not counted.
 *
 * @see Breiman et al. 1984, "Classification and Regression Trees", chapter 8; Geurts et al. 2006,
 *   "Extremely Randomized Trees", section 2 (random thresholds).
 */
export function growTree(
  data: TreeData,
  drawn: Int32Array,
  settings: TreeSettings,
  random: Random,
): Tree {
  const rows = drawn.slice()
  const capacity = 2 * rows.length
  const feature = new Int32Array(capacity).fill(-1)
  const threshold = new Float64Array(capacity)
  const left = new Int32Array(capacity)
  const value = new Float64Array(capacity)
  const waiting: (readonly [node: number, start: number, end: number, depth: number])[] = [
    [0, 0, rows.length, 0],
  ]
  let count = 1
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [node, start, end, depth] = next
    const inNode = rows.subarray(start, end)
    const split =
      depth < settings.maxDepth && inNode.length >= settings.minSplit
        ? findSplit(data, inNode, settings, random)
        : null
    if (split === null) {
      value[node] = leafValue(data.targets, inNode, settings.logTargets)
      continue
    }
    const middle =
      start + partition(inNode, data.columns[split.feature] as Float64Array, split.threshold)
    feature[node] = split.feature
    threshold[node] = split.threshold
    left[node] = count
    waiting.push([count + 1, middle, end, depth + 1], [count, start, middle, depth + 1])
    count += 2
  }
  return {
    feature: feature.slice(0, count),
    threshold: threshold.slice(0, count),
    left: left.slice(0, count),
    value: value.slice(0, count),
  }
}

/** The value of the leaf that a row of numbers comes to. */
export function leafOf(tree: Tree, rows: Float64Array, offset: number): number {
  const { feature, threshold, left } = tree
  let node = 0
  for (let asked = feature[0] as number; asked >= 0; asked = feature[node] as number) {
    const goesLeft = (rows[offset + asked] as number) <= (threshold[node] as number)
    node = (left[node] as number) + (goesLeft ? 0 : 1)
  }
  return tree.value[node] as number
}

/** The best split that the node's features offer; null where its targets or its rows are all equal. */
function findSplit(
  { columns, targets }: TreeData,
  rows: Int32Array,
  settings: TreeSettings,
  random: Random,
): Split | null {
  if (areEqual(targets, rows)) return null
  const wanted = Math.max(1, Math.floor(settings.featureRatio * columns.length))
  const order = wanted < columns.length ? random.distinct(columns.length, columns.length) : null
  let best: Split | null = null
  let looked = 0
  for (let position = 0; position < columns.length && looked < wanted; position++) {
    const feature = order ? (order[position] as number) : position
    const column = columns[feature] as Float64Array
    const split =
      settings.splitter === 'random'
        ? randomSplit(column, targets, rows, { feature, settings, random })
        : bestSplit(column, targets, rows, { feature, settings, random })
    if (split === 'constant') continue
    looked++
    if (split !== null && (best === null || split.gain > best.gain)) best = split
  }
  return best
}

interface SplitQuestion {
  readonly feature: number
  readonly settings: TreeSettings
  readonly random: Random
}

function randomSplit(
  column: Float64Array,
  targets: Float64Array,
  rows: Int32Array,
  { feature, settings, random }: SplitQuestion,
): Split | 'constant' | null {
  let low = Infinity
  let high = -Infinity
  for (let i = 0; i < rows.length; i++) {
    const x = column[rows[i] as number] as number
    if (x < low) low = x
    if (x > high) high = x
  }
  if (!(low < high)) return 'constant'
  const drawn = low + random.uniform() * (high - low)
  const threshold = drawn < high ? drawn : low
  let [leftSum, leftCount, sum] = [0, 0, 0]
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number
    const target = targets[row] as number
    sum += target
    if ((column[row] as number) <= threshold) {
      leftSum += target
      leftCount++
    }
  }
  const rightCount = rows.length - leftCount
  if (Math.min(leftCount, rightCount) < settings.minLeaf) return null
  return { feature, threshold, gain: gainOf(leftSum, leftCount, sum - leftSum, rightCount) }
}

function bestSplit(
  column: Float64Array,
  targets: Float64Array,
  rows: Int32Array,
  { feature, settings }: SplitQuestion,
): Split | 'constant' | null {
  const sorted = rows.slice().sort((a, b) => (column[a] as number) - (column[b] as number))
  const at = (position: number) => column[sorted[position] as number] as number
  if (at(0) === at(sorted.length - 1)) return 'constant'
  const sum = sorted.reduce((total, row) => total + (targets[row] as number), 0)
  let best: Split | null = null
  let leftSum = 0
  for (let leftCount = 1; leftCount < sorted.length; leftCount++) {
    leftSum += targets[sorted[leftCount - 1] as number] as number
    const rightCount = sorted.length - leftCount
    if (at(leftCount - 1) === at(leftCount)) continue
    if (Math.min(leftCount, rightCount) < settings.minLeaf) continue
    const gain = gainOf(leftSum, leftCount, sum - leftSum, rightCount)
    if (best !== null && gain <= best.gain) continue
    best = { feature, threshold: (at(leftCount - 1) + at(leftCount)) / 2, gain }
  }
  return best
}

/** What a split takes from the squared error, up to what the node has anyway. */
function gainOf(leftSum: number, leftCount: number, rightSum: number, rightCount: number): number {
  return (leftSum * leftSum) / leftCount + (rightSum * rightSum) / rightCount
}

function areEqual(targets: Float64Array, rows: Int32Array): boolean {
  const first = targets[rows[0] as number]
  return rows.every((row) => targets[row] === first)
}

/** Puts the rows of the left side first; how many they are. */
function partition(rows: Int32Array, column: Float64Array, threshold: number): number {
  let left = 0
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number
    if ((column[row] as number) > threshold) continue
    rows[i] = rows[left] as number
    rows[left++] = row
  }
  return left
}

function leafValue(targets: Float64Array, rows: Int32Array, logTargets: boolean): number {
  const first = targets[rows[0] as number] as number
  // Equal targets are their own mean, without rounding.
  if (areEqual(targets, rows)) return first
  let sum = 0
  for (const row of rows) {
    const target = targets[row] as number
    sum += logTargets ? Math.exp(target) : target
  }
  const mean = sum / rows.length
  return logTargets ? Math.log(mean) : mean
}
