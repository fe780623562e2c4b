/**
 * A field as it is drawn: the sheet and the quantities that the settings name, decoded once, and the scales that they are drawn on.
 *
 * Values stay raw. Where a setting names what the result does not have (another tile has it), the result's own choice is taken.
 */

import { decoded, sheetNamed } from "../arrays"
import type { Look, Shared } from "../contract"
import type { Scale } from "../scale"
import { makeScale, rangeOf } from "../scale"
import type { Coordinate, Quantity, Sheet, Track } from "../types"

/** Colour by whether a point was evaluated or predicted. */
export const EVALUATED = "evaluated"

export interface Source {
  sheets: Sheet[]
  quantity: string
}

/** Values, in 64 bits where 32 would make zeros or infinities of them. */
export type Values = Float32Array | Float64Array

const flags = new WeakMap<Uint8Array, Float32Array>()

/** Values, decoded when they are first asked for; truths as 0 and 1. */
export function floats(numbers: Quantity["values"]): Values {
  const raw = decoded(numbers)
  if (!(raw instanceof Uint8Array)) return raw
  let array = flags.get(raw)
  if (!array) flags.set(raw, (array = Float32Array.from(raw)))
  return array
}

export function coordinate(of: Coordinate): Float64Array {
  const values = decoded(of.values)
  return values instanceof Float64Array ? values : Float64Array.from(values)
}

export function sheetOf(source: Source, look: Look): Sheet {
  return sheetNamed(source.sheets, look.sheet)!
}

export function heightOf(source: Source, sheet: Sheet, look: Look): Quantity {
  const named = (name: string) => sheet.quantities.find((quantity) => quantity.name === name)
  return named(look.height) ?? named(source.quantity) ?? sheet.quantities[0]
}

/** What colours: a quantity, or 1 for evaluated and 0 for predicted points. */
export interface Paint {
  name: string
  label: string
  values: Values
  /** null where the two colours of a flag are used */
  scale: Scale | null
  /** the words for 0 and 1 of a flag */
  words: [string, string]
}

export function scaleKind(quantity: Quantity, look: Look): "linear" | "log" {
  return look.scale === "auto" ? quantity.scale : look.scale
}

/** The scale of the heights; null where nothing has a place on it. */
export function heightScale(quantity: Quantity, look: Look, shared: Shared): Scale | null {
  const kind = scaleKind(quantity, look)
  const range = rangeFor(quantity, kind, shared.height)
  if (!range) return null
  const [low, high] = range
  return makeScale(kind, low, look.clip !== null && look.clip > low ? Math.min(high, look.clip) : high)
}

export function paintOf(source: Source, sheet: Sheet, look: Look, shared: Shared): Paint {
  const height = heightOf(source, sheet, look)
  if (look.color === EVALUATED && sheet.predicted) {
    const values = Float32Array.from(decoded(sheet.predicted), (predicted) => 1 - predicted)
    return { name: EVALUATED, label: "", values, scale: null, words: ["predicted", "evaluated"] }
  }
  const other = sheet.quantities.find((quantity) => quantity.name === look.color && quantity.name !== height.name)
  const quantity = other ?? height
  const paint = { name: quantity.name, label: quantity.label, values: floats(quantity.values) }
  if (quantity.flag) return { ...paint, scale: null, words: [`not ${quantity.label}`, quantity.label] }
  if (!other) {
    const own = heightScale(quantity, look, shared)
    const centred = own && own.kind === "linear" && quantity.center !== null
    return { ...paint, scale: centred ? makeScale("linear", own.low, own.high, quantity.center) : own, words: ["", ""] }
  }
  const range = rangeFor(quantity, quantity.scale, shared.color)
  return { ...paint, scale: range && makeScale(quantity.scale, range[0], range[1], quantity.center), words: ["", ""] }
}

function rangeFor(quantity: Quantity, kind: "linear" | "log", shared: [number, number] | null): [number, number] | null {
  if (shared && (kind === "linear" || shared[0] > 0)) return shared
  if (kind === quantity.scale && quantity.low !== null && quantity.high !== null) return [quantity.low, quantity.high]
  return rangeOf(floats(quantity.values), kind)
}

/** A track, decoded. */
export interface Course {
  name: string
  x: ArrayLike<number>
  y: ArrayLike<number>
  steps: ArrayLike<number> | null
  off: ArrayLike<number> | null
  /** its own values of the quantity that is the height; null where they are not known */
  own: ArrayLike<number> | null
  quantities: Quantity[]
}

export function course(track: Track, height: string): Course {
  const own = track.quantities.find((quantity) => quantity.name === height)
  return {
    name: track.name,
    x: decoded(track.x),
    y: decoded(track.y),
    steps: track.steps && decoded(track.steps),
    off: track.off && decoded(track.off),
    own: own ? floats(own.values) : null,
    quantities: track.quantities,
  }
}
