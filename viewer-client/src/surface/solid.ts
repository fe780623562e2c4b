/** A volume as it is drawn: scales, the box, the part of an unfinished lattice that is whole, and cuts through it. */

import { decoded } from "../arrays"
import { heightOf, sheetOf } from "../choice"
import type { Look, Shared } from "../contract"
import type { Scale } from "../scale"
import { place } from "../scale"
import type { Quantity, Sheet, Volume } from "../types"
import type { Block } from "./isosurface"
import { GOOD, states } from "../geometry/patches"
import { nearest } from "./march"
import type { Paint } from "./reading"
import { coordinate, floats, heightScale, paintOf } from "./reading"

/** Length of the sides of the box. */
export const SIDE = 0.82

export type AxisName = "x" | "y" | "z"

/** Which axes lie in a cut, and which is across it. */
export const CUTS: Record<AxisName, [AxisName, AxisName, AxisName]> = { x: ["y", "z", "x"], y: ["x", "z", "y"], z: ["x", "y", "z"] }

export interface Solid {
  volume: Volume
  sheet: Sheet
  quantity: Quantity
  paint: Paint
  scale: Scale | null
  axes: Record<AxisName, Float64Array>
  state: Uint8Array
  /** every point of the lattice, or those of the finest sub-lattice that shows most: indices along each axis */
  kept: Record<AxisName, number[]>
  predicted: ArrayLike<number> | null
}

export function readSolid(volume: Volume, look: Look, shared: Shared): Solid {
  const sheet = sheetOf(volume, look)!
  const quantity = heightOf(volume, sheet, look)!
  const scale = heightScale(quantity, look, shared)
  const axes = { x: coordinate(volume.x), y: coordinate(volume.y), z: coordinate(volume.z) }
  const state = states(floats(quantity.values), decoded(sheet.done), scale?.kind ?? "linear")
  return {
    volume, sheet, quantity, scale, axes, state,
    paint: paintOf(volume, sheet, look, shared),
    kept: whole(decoded(sheet.done), axes.x.length, axes.y.length, axes.z.length),
    predicted: sheet.predicted && decoded(sheet.predicted),
  }
}

/** A coordinate in box units. */
export function inBox(solid: Solid, axis: AxisName, value: number): number {
  const values = solid.axes[axis]
  const [low, high] = [values[0], values[values.length - 1]]
  return low < high ? ((value - low) / (high - low) - 0.5) * SIDE : 0
}

export function fromBox(solid: Solid, axis: AxisName, at: number): number {
  const values = solid.axes[axis]
  return values[0] + (at / SIDE + 0.5) * (values[values.length - 1] - values[0])
}

/** Points come coarse first, on strides 2ˡ counted from the middle: the stride with most volume in whole cubes, the finest of equals. */
export function whole(done: ArrayLike<number>, nx: number, ny: number, nz: number): Record<AxisName, number[]> {
  const every = (n: number, stride: number) => {
    const first = ((n - 1) >> 1) % stride
    return Array.from({ length: Math.floor((n - 1 - first) / stride) + 1 }, (_, k) => first + k * stride)
  }
  let best = { x: every(nx, 1), y: every(ny, 1), z: every(nz, 1) }
  let most = -1
  for (let stride = 1; stride < Math.max(nx, ny, nz); stride *= 2) {
    const kept = { x: every(nx, stride), y: every(ny, stride), z: every(nz, stride) }
    let cubes = 0
    const at = (i: number, j: number, k: number) => done[(kept.x[i] * ny + kept.y[j]) * nz + kept.z[k]]
    for (let i = 0; i + 1 < kept.x.length; i++) {
      for (let j = 0; j + 1 < kept.y.length; j++) {
        for (let k = 0; k + 1 < kept.z.length; k++) {
          const front = at(i, j, k) && at(i + 1, j, k) && at(i, j + 1, k) && at(i + 1, j + 1, k)
          if (front && at(i, j, k + 1) && at(i + 1, j, k + 1) && at(i, j + 1, k + 1) && at(i + 1, j + 1, k + 1)) cubes++
        }
      }
    }
    const room = cubes * stride ** 3
    if (room > most) [best, most] = [kept, room]
    if (stride === 1 && cubes === (nx - 1) * (ny - 1) * (nz - 1)) break
  }
  return best
}

/** The block that iso-surfaces are made of: places on the scale, and places of the colour. */
export function blockOf(solid: Solid): Block {
  const { kept, axes, paint } = solid
  const [ny, nz] = [axes.y.length, axes.z.length]
  const values = floats(solid.quantity.values)
  const own = paint.name === solid.quantity.name && paint.scale?.center == null
  const n = kept.x.length * kept.y.length * kept.z.length
  const [places, tones] = [new Float32Array(n), own ? null : new Float32Array(n)]
  let at = 0
  for (const i of kept.x) {
    for (const j of kept.y) {
      for (const k of kept.z) {
        const from = (i * ny + j) * nz + k
        places[at] = solid.state[from] >= GOOD && solid.scale ? place(solid.scale, values[from]) : NaN
        if (tones) tones[at] = paint.scale ? place(paint.scale, paint.values[from]) : paint.values[from]
        at++
      }
    }
  }
  const side = (axis: AxisName) => kept[axis].map((k) => inBox(solid, axis, axes[axis][k]))
  return { values: places, tones, x: side("x"), y: side("y"), z: side("z") }
}

/** The layer of points nearest to a share of the range, of those that are drawn. */
export function layerAt(solid: Solid, axis: AxisName, share: number): number {
  const values = solid.axes[axis]
  const kept = solid.kept[axis]
  const at = values[0] + share * (values[values.length - 1] - values[0])
  return kept[nearest(kept.map((k) => values[k]), at)]
}

/** The point of the volume at (i, j) of a cut. */
export function indexInCut(solid: Solid, axis: AxisName, layer: number, i: number, j: number): number {
  const [across, up] = CUTS[axis]
  const at = { x: 0, y: 0, z: 0, [axis]: layer, [across]: i, [up]: j }
  return (at.x * solid.axes.y.length + at.y) * solid.axes.z.length + at.z
}

/** Something known of every point, on a cut, shape (across, up). */
export function cutOf<T extends Float32Array | Float64Array | Uint8Array>(solid: Solid, axis: AxisName, layer: number, of: T): T {
  const [across, up] = CUTS[axis]
  const [n, m] = [solid.axes[across].length, solid.axes[up].length]
  const out = new (of.constructor as new (length: number) => T)(n * m)
  for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) out[i * m + j] = of[indexInCut(solid, axis, layer, i, j)]
  return out
}
