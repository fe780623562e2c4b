/**
 * The box that everything stands in, centred on the origin; its longer horizontal side has length 1, z points up.
 *
 * Coordinates in data units become box units here and nowhere else. The values fill the upper part; below them is room for the floor.
 */

import type { Scale } from "../scale"
import { place, valueAt } from "../scale"

export interface Range {
  low: number
  high: number
}

export interface Box {
  x: Range
  y: Range
  /** lengths of the sides in box units */
  width: number
  depth: number
  height: number
  /** where the floor is, and where the lowest value of the scale is, in box units */
  floor: number
  base: number
  /** height of the scale from its low to its high end */
  rise: number
  scale: Scale
}

const RISE = 0.52
const GAP = 0.17
/** How far above and below the ends of the scale something may still be drawn, in parts of the scale. */
export const BEYOND = 0.02

/** equal: one unit of x is as long as one of y. */
export function makeBox(x: Range, y: Range, scale: Scale, equal: boolean, floor: boolean): Box {
  const [dx, dy] = [x.high - x.low || 1, y.high - y.low || 1]
  const longest = Math.max(dx, dy)
  const [width, depth] = equal ? [dx / longest, dy / longest] : [1, 1]
  const gap = floor ? GAP : 0.03
  const height = RISE + gap
  return { x, y, width, depth, height, floor: -height / 2, base: -height / 2 + gap, rise: RISE, scale }
}

export const toX = (box: Box, x: number): number => ((x - box.x.low) / (box.x.high - box.x.low) - 0.5) * box.width
export const toY = (box: Box, y: number): number => ((y - box.y.low) / (box.y.high - box.y.low) - 0.5) * box.depth
export const fromX = (box: Box, x: number): number => box.x.low + (x / box.width + 0.5) * (box.x.high - box.x.low)
export const fromY = (box: Box, y: number): number => box.y.low + (y / box.depth + 0.5) * (box.y.high - box.y.low)

/** Height of a value, held within the box; NaN for what has no place. */
export function toZ(box: Box, value: number): number {
  const at = place(box.scale, value)
  return Number.isNaN(at) ? NaN : box.base + box.rise * Math.min(1 + BEYOND, Math.max(-BEYOND, at))
}

export const fromZ = (box: Box, z: number): number => valueAt(box.scale, (z - box.base) / box.rise)

/** A range that holds both. */
export function join(a: Range, b: Range): Range {
  return { low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) }
}
