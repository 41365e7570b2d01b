/**
 * A drawing: boxes and arrows with a meaning, without coordinates. Spaces and network graphs make
 * drawings; `svg.ts` lays one out and writes SVG.
 */

/** What a box stands for; decides its colour. */
export type DrawingRole =
  | 'input'
  | 'output'
  | 'conv'
  | 'separable'
  | 'pool'
  | 'linear'
  | 'norm'
  | 'activation'
  | 'merge'
  | 'identity'
  | 'zero'
  | 'choice'
  | 'other'

export interface DrawingNode {
  readonly id: string
  readonly label: string
  /** A second, smaller line: a shape, a count. */
  readonly detail?: string
  readonly role: DrawingRole
  /** Id of the group that encloses it. */
  readonly group?: string
  /** Where it stands in a grid; heeded when every node of the drawing has a place of its own. */
  readonly place?: GridPlace
}

/** Counted from 0. */
export interface GridPlace {
  readonly column: number
  readonly row: number
}

export interface DrawingEdge {
  readonly from: string
  readonly to: string
  /** For spaces whose operations sit on edges. */
  readonly label?: string
  readonly role?: DrawingRole
}

export interface DrawingGroup {
  readonly id: string
  readonly label: string
}

export interface Drawing {
  readonly title: string
  readonly direction: 'right' | 'down'
  readonly nodes: readonly DrawingNode[]
  readonly edges: readonly DrawingEdge[]
  readonly groups: readonly DrawingGroup[]
}
