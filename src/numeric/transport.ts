/** The cheapest way to carry masses from rows to columns where not all has to be carried. */

export interface TransportProblem {
  /** Row-major, shape (rows, columns); only negative ones are worth carrying. Longer arrays will do. */
  readonly costs: Float64Array
  /** Masses of the rows, at least 0; the first `rows` count. */
  readonly supplies: Float64Array
  readonly demands: Float64Array
  readonly rows: number
  readonly columns: number
}

/** Solves one problem after the other in the same memory. */
export interface TransportSolver {
  /** The least sum of costs times masses: 0 where nothing is carried. */
  solve(problem: TransportProblem): number
  /** What the last solution carries from each row to each column, row-major. */
  flows(): Float64Array
}

/** Masses and gains below this share of the largest are rounding. */
const tolerance = 1e-12

/** The memory of a solver. */
interface Workspace {
  size: number
  /** What rows have left and columns want. */
  left: Float64Array
  wanted: Float64Array
  /** Cost of the cheapest way to each row and column; infinite where there is none. */
  toRow: Float64Array
  toColumn: Float64Array
  /** Column by which a row is reached, -1 for its own supply; row by which a column is. */
  fromColumn: Int32Array
  fromRow: Int32Array
  flows: Float64Array
}

interface Limits {
  /** The least mass and the least gain that count. */
  readonly crumb: number
  readonly least: number
}

/**
 * Minimises the sum of costs times masses; from a row at most its supply, to a column at most its
 * demand.
 *
 * @remarks
 * Exact, by successive shortest paths: each carries as much as fits along the cheapest way, which may
 * send earlier mass another way, until no way is worth it. For problems of a few dozen rows.
 * @see Ahuja, Magnanti and Orlin 1993, "Network Flows", section 9.7.
 */
export function transportSolver(): TransportSolver {
  let space = workspace(8)
  let entries = 0
  return {
    solve(problem) {
      const { rows, columns } = problem
      if (Math.max(rows, columns) > space.size) space = workspace(2 * Math.max(rows, columns))
      entries = rows * columns
      return solveIn(space, problem)
    },
    flows: () => space.flows.slice(0, entries),
  }
}

function workspace(size: number): Workspace {
  return {
    size,
    left: new Float64Array(size),
    wanted: new Float64Array(size),
    toRow: new Float64Array(size),
    toColumn: new Float64Array(size),
    fromColumn: new Int32Array(size),
    fromRow: new Int32Array(size),
    flows: new Float64Array(size * size),
  }
}

function solveIn(space: Workspace, problem: TransportProblem): number {
  const { costs, supplies, demands, rows, columns } = problem
  space.flows.fill(0, 0, rows * columns)
  for (let row = 0; row < rows; row++) space.left[row] = supplies[row] as number
  for (let column = 0; column < columns; column++) space.wanted[column] = demands[column] as number
  const mass = Math.max(largest(supplies, rows), largest(demands, columns))
  const limits = {
    crumb: tolerance * mass,
    least: tolerance * Math.max(1, largest(costs, rows * columns)),
  }
  let cost = 0
  for (;;) {
    findWays(space, problem, limits)
    const end = bestEnd(space, columns, limits)
    if (end < 0) return cost
    cost += augment(space, end, columns)
  }
}

/** By label correcting: paths of earlier rounds leave no circle with a negative cost. */
function findWays(space: Workspace, problem: TransportProblem, limits: Limits): void {
  const { rows, columns } = problem
  for (let row = 0; row < rows; row++) {
    space.toRow[row] = (space.left[row] as number) > limits.crumb ? 0 : Number.POSITIVE_INFINITY
    space.fromColumn[row] = -1
  }
  for (let column = 0; column < columns; column++) {
    space.toColumn[column] = Number.POSITIVE_INFINITY
  }
  for (let round = 0; round <= rows + columns; round++) {
    if (!relaxColumns(space, problem, limits)) return
    // A single row or column has no other way to send mass.
    if (rows === 1 || columns === 1 || !relaxRows(space, problem, limits)) return
  }
}

function relaxColumns(space: Workspace, problem: TransportProblem, { least }: Limits): boolean {
  const { costs, rows, columns } = problem
  const { toRow, toColumn, fromRow } = space
  let isChanged = false
  for (let row = 0; row < rows; row++) {
    const start = toRow[row] as number
    if (start === Number.POSITIVE_INFINITY) continue
    for (let column = 0; column < columns; column++) {
      const found = start + (costs[row * columns + column] as number)
      if (found >= (toColumn[column] as number) - least) continue
      toColumn[column] = found
      fromRow[column] = row
      isChanged = true
    }
  }
  return isChanged
}

/** Back along what is carried already. */
function relaxRows(space: Workspace, problem: TransportProblem, { crumb, least }: Limits): boolean {
  const { costs, rows, columns } = problem
  const { toRow, toColumn, fromColumn, flows } = space
  let isChanged = false
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const entry = row * columns + column
      if ((flows[entry] as number) <= crumb) continue
      const found = (toColumn[column] as number) - (costs[entry] as number)
      if (found >= (toRow[row] as number) - least) continue
      toRow[row] = found
      fromColumn[row] = column
      isChanged = true
    }
  }
  return isChanged
}

/** The column that is reached most cheaply of those that want more; -1 where none is worth it. */
function bestEnd(space: Workspace, columns: number, { crumb, least }: Limits): number {
  let end = -1
  let best = -least
  for (let column = 0; column < columns; column++) {
    const cost = space.toColumn[column] as number
    if ((space.wanted[column] as number) <= crumb || cost >= best) continue
    end = column
    best = cost
  }
  return end
}

/** Carries as much as fits along the way to a column; returns what that costs. */
function augment(space: Workspace, end: number, columns: number): number {
  const { left, wanted, fromRow, fromColumn, flows } = space
  let mass = wanted[end] as number
  let start = -1
  for (let column = end; column >= 0; ) {
    start = fromRow[column] as number
    column = fromColumn[start] as number
    if (column >= 0) mass = Math.min(mass, flows[start * columns + column] as number)
  }
  mass = Math.min(mass, left[start] as number)
  for (let column = end; column >= 0; ) {
    const row = fromRow[column] as number
    const forth = row * columns + column
    flows[forth] = (flows[forth] as number) + mass
    column = fromColumn[row] as number
    if (column < 0) continue
    const back = row * columns + column
    flows[back] = (flows[back] as number) - mass
  }
  left[start] = (left[start] as number) - mass
  wanted[end] = (wanted[end] as number) - mass
  return mass * (space.toColumn[end] as number)
}

function largest(values: Float64Array, count: number): number {
  let most = 0
  for (let index = 0; index < count; index++) {
    const value = Math.abs(values[index] as number)
    if (value > most) most = value
  }
  return most
}
