/**
 * A field in the box: what is drawn where, in box units and in raw values, for the shader, for the pointer and for lines laid over it.
 */

import { decoded } from "../arrays"
import { heightOf, ownKind, sheetOf } from "../choice"
import type { Look, Shared } from "../contract"
import type { Scale } from "../scale"
import { makeScale } from "../scale"
import type { Field, Quantity, Sheet } from "../types"
import type { Box, Range } from "./box"
import { join, makeBox, toX, toY, toZ } from "./box"
import type { Patches } from "../geometry/patches"
import { GOOD, filled, patch, states } from "../geometry/patches"
import type { Heights } from "./march"
import type { Course, Paint, Values } from "./reading"
import { coordinate, course, floats, heightScale, paintOf } from "./reading"

export interface Plane {
  field: Field
  sheet: Sheet
  height: Quantity
  paint: Paint
  /** the scale of the heights and of the levels; null where nothing has a place on it */
  scale: Scale | null
  x: Float64Array
  y: Float64Array
  /** what is known of every point, and the values drawn there: those of points that are filled in are no results */
  state: Uint8Array
  values: Values
  colors: Values
  predicted: ArrayLike<number> | null
  box: Box
  /** the surface in box units, NaN where there is none; made when it is first asked for */
  heights(): Heights
  courses: Course[]
}

export function readPlane(field: Field, look: Look, shared: Shared): Plane {
  const sheet = sheetOf(field, look)!
  const height = heightOf(field, sheet, look)!
  const paint = paintOf(field, sheet, look, shared)
  const scale = heightScale(height, look, shared)
  const [x, y] = [coordinate(field.x), coordinate(field.y)]
  const kind = scale?.kind ?? "linear"
  const raw = floats(height.values)
  const state = states(raw, decoded(sheet.done), scale ? kind : ownKind(height, look.scale))
  const patches: Patches = patch(state, x, y)
  const values = filled(raw, patches, kind)
  const colors = paint.values === raw ? values : filled(paint.values, patches, paint.scale?.kind ?? "linear")
  const courses = look.tracks === "off" ? [] : field.tracks.map((track) => course(track, height.name))
  const axisScale = scale ?? makeScale("linear", 0, 1)
  const ranges = [rangeOver(x, courses, "x", shared.x), rangeOver(y, courses, "y", shared.y)] as const
  const box = makeBox(...ranges, reach(axisScale, courses, look), field.equal, look.floor)
  let made: Heights | null = null
  return {
    field, sheet, height, paint, scale, x, y, state, values, colors, box, courses,
    predicted: sheet.predicted && decoded(sheet.predicted),
    heights: () => (made ??= heightsOf(box, x, y, values, state)),
  }
}

function heightsOf(box: Box, x: Float64Array, y: Float64Array, values: Values, state: Uint8Array): Heights {
  const z = new Float32Array(values.length)
  for (let k = 0; k < z.length; k++) z[k] = state[k] >= GOOD ? toZ(box, values[k]) : NaN
  return { x: x.map((value) => toX(box, value)), y: y.map((value) => toY(box, value)), z }
}

/** The range of an axis: that of the plane, or of all planes side by side, widened where a track leaves it. */
function rangeOver(values: Float64Array, courses: Course[], along: "x" | "y", shared: [number, number] | null): Range {
  const own = { low: values[0], high: values[values.length - 1] }
  const range = shared ? join(own, { low: shared[0], high: shared[1] }) : own
  const margin = 0.04 * (range.high - range.low)
  let { low, high } = range
  for (const of of courses) {
    for (let k = 0; k < of[along].length; k++) {
      const value = of[along][k]
      if (value < range.low) low = Math.min(low, value - margin)
      if (value > range.high) high = Math.max(high, value + margin)
    }
  }
  return low < high ? { low, high } : { low: low - 0.5, high: high + 0.5 }
}

/** The scale of the axis: that of the heights, made longer (to twice its length at most) where a track has values beyond it. */
function reach(scale: Scale, courses: Course[], look: Look): Scale {
  if (look.tracks !== "true" || look.clip !== null) return scale
  let { low, high } = scale
  const [least, most] = scale.kind === "log"
    ? [low * (low / high) ** 0.5, high * (high / low) ** 0.5]
    : [low - 0.5 * (high - low), high + 0.5 * (high - low)]
  for (const { own } of courses) {
    for (let k = 0; own && k < own.length; k++) {
      if (own[k] < low && (scale.kind === "linear" || own[k] > 0)) low = Math.max(own[k], least)
      if (own[k] > high) high = Math.min(own[k], most)
    }
  }
  return makeScale(scale.kind, low, high)
}
