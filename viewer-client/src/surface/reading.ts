/** A field as it is drawn: the quantities that the settings mean, decoded once, and the scales that they are drawn on. Values stay raw. */

import { decoded } from "../arrays"
import { colorOf, EVALUATED, evaluatedOf, heightOf, ownKind, type Source } from "../choice"
import type { Look, Shared } from "../contract"
import type { Scale } from "../scale"
import { makeScale, rangeOf } from "../scale"
import type { Track as Along } from "../track"
import type { Coordinate, Quantity, Sheet, Track } from "../types"

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

/** The scale of the heights; null where nothing has a place on it. */
export function heightScale(quantity: Quantity, look: Look, shared: Shared): Scale | null {
  const kind = ownKind(quantity, look.scale)
  const range = rangeFor(quantity, kind, shared.height)
  if (!range) return null
  const [low, high] = range
  return makeScale(kind, low, look.clip !== null && look.clip > low ? Math.min(high, look.clip) : high)
}

export function paintOf(source: Source, sheet: Sheet, look: Look, shared: Shared): Paint {
  const quantity = colorOf(source, sheet, look)!
  if (quantity === EVALUATED) {
    return { name: EVALUATED, label: "", values: evaluatedOf(sheet.predicted!), scale: null, words: ["predicted", "evaluated"] }
  }
  const other = quantity !== heightOf(source, sheet, look)
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
export interface Course extends Along {
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
    atLeast: track.at_least,
    own: own ? floats(own.values) : null,
    quantities: track.quantities,
  }
}
