/**
 * From raw values to places on an axis: one for heights, colours, contour levels and ticks, so that they agree.
 *
 * Values stay raw everywhere; a Scale says where one lies between the two ends (0…1). On a log scale what is not positive has no place
 * (NaN), and shows as a hole. Levels are the paper's: on a log scale evenly in the logarithm, on a linear one round numbers.
 */

import type { ColorMapName } from "./colormaps"
import { COLOR_MAPS } from "./colormaps"

export interface Scale {
  kind: "linear" | "log"
  low: number
  high: number
  /** where colours diverge from, at the middle of the map; null for a map with two ends */
  center: number | null
}

/** A scale over a range; a flat range is widened around its value, as on paper. */
export function makeScale(kind: "linear" | "log", low: number, high: number, center: number | null = null): Scale {
  if (kind === "log") {
    if (!(low > 0)) throw new Error(`a log scale got the range ${low} … ${high}; expected positive numbers`)
    return low < high ? { kind, low, high, center: null } : { kind, low: low / 2, high: low * 2, center: null }
  }
  if (center !== null) {
    const most = Math.max(Math.abs(low - center), Math.abs(high - center)) || 0.5
    return { kind, low: center - most, high: center + most, center }
  }
  return low < high ? { kind, low, high, center } : { kind, low: low - 0.5, high: low + 0.5, center }
}

/** Where a value lies, 0 at the low end and 1 at the high one, beyond them outside; NaN for what has no place. */
export function place(scale: Scale, value: number): number {
  if (scale.kind === "log") return value > 0 ? Math.log(value / scale.low) / Math.log(scale.high / scale.low) : NaN
  return (value - scale.low) / (scale.high - scale.low)
}

/** The value at a place. */
export function valueAt(scale: Scale, at: number): number {
  return scale.kind === "log" ? scale.low * Math.pow(scale.high / scale.low, at) : scale.low + at * (scale.high - scale.low)
}

/** Lowest and highest of what can be drawn, or null where there is nothing. */
export function rangeOf(values: ArrayLike<number>, kind: "linear" | "log"): [number, number] | null {
  let low = Infinity
  let high = -Infinity
  for (let i = 0; i < values.length; i++) {
    const value = values[i]
    if (!Number.isFinite(value) || (kind === "log" && value <= 0)) continue
    if (value < low) low = value
    if (value > high) high = value
  }
  return low <= high ? [low, high] : null
}

/** Round steps 1, 2, 5 × 10ⁿ that cut a range into about so many parts. */
export function roundStep(range: number, parts: number): number {
  const rough = range / Math.max(parts, 1)
  const power = Math.pow(10, Math.floor(Math.log10(rough)))
  return [1, 2, 5, 10].map((k) => k * power).find((step) => step >= rough * 0.999999) ?? 10 * power
}

/** Ticks with their labels: decades (with 2 and 5 where there are few of them) or round numbers. */
export function ticks(scale: Scale, about = 5): { value: number; label: string }[] {
  const values: number[] = []
  if (scale.kind === "log") {
    const first = Math.floor(Math.log10(scale.low) - 1e-9)
    const last = Math.ceil(Math.log10(scale.high) + 1e-9)
    const decades = last - first
    const parts = decades <= 3 ? [1, 2, 5] : [1]
    const every = Math.max(1, Math.ceil(decades / (2 * about)))
    for (let k = first; k <= last; k += every) for (const part of parts) values.push(part * Math.pow(10, k))
  }
  if (scale.kind === "linear" || values.filter((v) => v >= scale.low && v <= scale.high).length < 3) {
    values.length = 0 // a log scale over less than a decade has round numbers, too
    const step = roundStep(scale.high - scale.low, about)
    for (let k = Math.ceil(scale.low / step - 1e-9); k * step <= scale.high + 1e-9 * step; k++) values.push(k * step)
  }
  const slack = 1e-9
  return values.filter((v) => place(scale, v) >= -slack && place(scale, v) <= 1 + slack).map((value) => ({ value, label: short(value) }))
}

/** Levels of contour lines, inside the range. */
export function levels(scale: Scale, count: number): number[] {
  if (scale.kind === "log") return Array.from({ length: count }, (_, k) => valueAt(scale, (k + 1) / (count + 1)))
  const step = roundStep(scale.high - scale.low, count)
  const out: number[] = []
  for (let k = Math.ceil(scale.low / step); k * step < scale.high; k++) if (k * step > scale.low) out.push(k * step)
  return out
}

/** A number as people write it: three digits, a true minus sign, powers of ten where zeros would be counted. */
export function short(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "not a number" : value > 0 ? "∞" : "−∞"
  if (value === 0) return "0"
  const size = Math.abs(value)
  if (size >= 1e5 || size < 1e-3) {
    const [mantissa, exponent] = value.toExponential(digits - 1).split("e")
    const power = String(Number(exponent)).replace("-", "⁻").replace(/\d/g, (d) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(d)])
    const head = String(Number(mantissa))
    return `${head === "1" ? "" : head === "-1" ? "−" : `${head}·`}10${power}`.replace("-", "−")
  }
  return String(Number(value.toPrecision(digits))).replace("-", "−")
}

const decoded = new Map<ColorMapName, Uint8Array>()

/** The 256 colours of a map, three bytes each. */
export function colorTable(name: ColorMapName): Uint8Array {
  let table = decoded.get(name)
  if (!table) {
    const text: string = COLOR_MAPS[name]
    table = Uint8Array.from({ length: text.length / 2 }, (_, i) => parseInt(text.slice(2 * i, 2 * i + 2), 16))
    decoded.set(name, table)
  }
  return table
}

/** The colour at a place (0…1, clamped) as three bytes; null for NaN. */
export function colorAt(name: ColorMapName, at: number): [number, number, number] | null {
  if (Number.isNaN(at)) return null
  const table = colorTable(name)
  const k = 3 * Math.round(255 * Math.min(1, Math.max(0, at)))
  return [table[k], table[k + 1], table[k + 2]]
}
