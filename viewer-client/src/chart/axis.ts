/**
 * Axes of figures: linear, logarithmic, or symlog, which is linear within a threshold of zero and logarithmic beyond, without a kink.
 *
 * Ticks set by hand stay while enough of them are seen; closer up, round numbers take their place.
 */

import { numbersOf } from "./ink"
import { makeScale, short, ticks as roundTicks } from "../scale"
import type { Axis, Mark, Panel } from "../types"

export interface ChartAxis {
  axis: Axis
  low: number
  high: number
  /** from a value to its share (0…1) of the axis; NaN for what has no place */
  at(value: number): number
  value(share: number): number
  /** whether it is the axis as the figure has it, not a part of it */
  whole: boolean
}

export interface Tick {
  value: number
  label: string
}

/** An axis between its limits, or between those that somebody zoomed to. */
export function chartAxis(axis: Axis, range: [number, number], zoom: [number, number] | null): ChartAxis {
  const [low, high] = zoom ?? range
  const forth = transform(axis)
  const back = inverse(axis)
  const [first, last] = [forth(low), forth(high)]
  return {
    axis, low, high, whole: zoom === null,
    at: (value) => (forth(value) - first) / (last - first),
    value: (share) => back(first + share * (last - first)),
  }
}

function transform(axis: Axis): (value: number) => number {
  if (axis.scale === "log") return (value) => (value > 0 ? Math.log(value) : NaN)
  const near = axis.threshold
  if (axis.scale !== "symlog" || near === null) return (value) => value
  return (value) => (Math.abs(value) <= near ? value / near : Math.sign(value) * (1 + Math.log(Math.abs(value) / near)))
}

function inverse(axis: Axis): (at: number) => number {
  if (axis.scale === "log") return Math.exp
  const near = axis.threshold
  if (axis.scale !== "symlog" || near === null) return (at) => at
  return (at) => (Math.abs(at) <= 1 ? at * near : Math.sign(at) * near * Math.exp(Math.abs(at) - 1))
}

/** The range of an axis, the first end first: its limits (which may go down), else that of what is drawn, with a little room. */
export function rangeOf(panel: Panel, side: "x" | "y"): [number, number] {
  const axis = panel[side]
  if (axis.limits) return axis.limits[0] === axis.limits[1] ? widened(axis.limits[0], axis.scale) : [axis.limits[0], axis.limits[1]]
  let [low, high] = [Infinity, -Infinity]
  for (const values of panel.marks.flatMap((mark) => along(mark, side))) {
    for (const value of values) {
      if (!Number.isFinite(value) || (axis.scale === "log" && value <= 0)) continue
      low = Math.min(low, value)
      high = Math.max(high, value)
    }
  }
  if (!(low <= high)) return axis.scale === "log" ? [1, 10] : [0, 1]
  if (low === high) return widened(low, axis.scale)
  if (axis.scale === "log") return [low / Math.pow(high / low, 0.04), high * Math.pow(high / low, 0.04)]
  return [low - 0.04 * (high - low), high + 0.04 * (high - low)]
}

function widened(value: number, scale: string): [number, number] {
  return scale === "log" ? [value / 2, value * 2] : [value - 0.5, value + 0.5]
}

function along(mark: Mark, side: "x" | "y"): Float64Array[] {
  if (mark.mark === "Rule") return mark.across === side ? [Float64Array.of(mark.at)] : []
  if (mark.mark === "Band") return (side === "x" ? [mark.x] : [mark.low, mark.high]).map(numbersOf)
  if (mark.mark === "Ticks") return side === "x" ? [numbersOf(mark.x)] : [numbersOf(mark.y), Float64Array.of(mark.base)]
  if (mark.mark === "Bars") return side === "x" ? [numbersOf(mark.x), Float64Array.of(0)] : [numbersOf(mark.y)]
  const values = mark[side]
  return values ? [numbersOf(values)] : []
}

/** The ticks of an axis: those set by hand that are seen, else about so many round ones. */
export function axisTicks(of: ChartAxis, about: number): Tick[] {
  const { axis } = of
  const [low, high] = [Math.min(of.low, of.high), Math.max(of.low, of.high)]
  const seen = axis.ticks.map((value, k) => ({ value, label: axis.tick_labels[k] ?? short(value) }))
    .filter(({ value }) => of.at(value) >= -1e-9 && of.at(value) <= 1 + 1e-9)
  const bare = axis.ticks.length > 0 && !axis.tick_labels.some(Boolean)
  if (seen.length > (of.whole || named(axis) ? 0 : 2)) return bare ? [] : seen
  if (named(axis)) return []
  if (axis.scale === "symlog" && axis.threshold !== null && low < axis.threshold && high > axis.threshold) {
    const beyond = roundTicks(makeScale("log", axis.threshold, high), about)
    return [{ value: 0, label: "0" }, ...beyond].filter(({ value }) => value >= low && value <= high)
  }
  const kind = axis.scale === "linear" || low <= 0 ? "linear" : "log"
  const found = roundTicks(makeScale(kind, low, high), about)
  const told = new Set(found.map((tick) => tick.label)).size === found.length
  return told ? found : found.map(({ value }) => ({ value, label: short(value, 7) }))
}

/** Whether the ticks are names, not numbers. */
export function named(axis: Axis): boolean {
  return axis.tick_labels.some((label) => label !== "" && !/^[\d.·⁰¹²³⁴⁵⁶⁷⁸⁹⁻−+%e-]+$/.test(label))
}

/** Which panels have one axis: what is zoomed in one is zoomed in all of them. */
export function axisKey(axis: Axis, side: "x" | "y"): string {
  return JSON.stringify([side, axis.label, axis.scale, axis.limits, axis.tick_labels])
}
