/**
 * What a reader can point at in a panel, and what is said there.
 *
 * A stop is a place that the read-out rests on: an x where curves have a value (all of them are read there), a point, the head of a stem, a
 * bar, or a cell. The pointer goes to the nearest one, the arrow keys from one to the next.
 */

import { isHidden } from "./legend"
import { numbersOf } from "./ink"
import { cellEdges, interval } from "../flat/raster"
import { short } from "../scale"
import type { BarsMark, Figure, LineMark, Mark, Panel, PointsMark, TicksMark } from "../types"

export type Stop =
  | { kind: "x"; x: number }
  | { kind: "point"; mark: number; at: number; x: number; y: number }
  | { kind: "cell"; mark: number; i: number; j: number; x: number; y: number }

export interface Reading {
  lines: [string, string][]
  /** places of dots, with the colour number of each (null: ink) */
  dots: { x: number; y: number; color: number | null }[]
}

/** A curve over an axis: x never goes back, so it has one value at each x. */
export function isGraphOf(mark: LineMark): boolean {
  const x = numbersOf(mark.x)
  if (x.length < 2) return false
  for (let k = 1; k < x.length; k++) if (!(x[k] > x[k - 1])) return false
  return true
}

const pointed = (mark: Mark): mark is PointsMark | TicksMark | BarsMark =>
  (mark.mark === "Points" && !["speck", "trace", "word"].includes(mark.marker)) || mark.mark === "Ticks" || mark.mark === "Bars"

/** The stops of a panel, in the order of the arrow keys; curves have theirs at the x of all of them together. */
export function stopsOf(panel: Panel, hidden: ReadonlySet<string>, figure: Figure): Stop[] {
  const xs = new Set<number>()
  const others: Stop[] = []
  panel.marks.forEach((mark, index) => {
    if (isHidden(mark, hidden, figure)) return
    if (mark.mark === "Line" && isGraphOf(mark) && panel.z === null) {
      const y = numbersOf(mark.y)
      numbersOf(mark.x).forEach((value, k) => Number.isFinite(value) && Number.isFinite(y[k]) && xs.add(value))
    } else if (pointed(mark)) {
      const [x, y] = [numbersOf(mark.x), numbersOf(mark.y)]
      x.forEach((value, k) => {
        if (Number.isFinite(value) && Number.isFinite(y[k])) others.push({ kind: "point", mark: index, at: k, x: value, y: y[k] })
      })
    } else if (mark.mark === "Heatmap" || mark.mark === "Contour" || mark.mark === "Surface") others.push(...cells(mark, index))
  })
  return [...[...xs].sort((a, b) => a - b).map((x): Stop => ({ kind: "x", x })), ...others]
}

function cells(mark: Mark & { x: unknown[]; y: unknown[] }, index: number): Stop[] {
  const [x, y] = [mark.x, mark.y].map((values) => numbersOf(values as number[]))
  return Array.from(x).flatMap((a, i) => Array.from(y, (b, j): Stop => ({ kind: "cell", mark: index, i, j, x: a, y: b })))
}

const NEAR_POINT = 14

/** The stop nearest to a pixel: a point if it is close, else the cell below it, else the nearest x. */
export function nearestStop(
  stops: readonly Stop[], panel: Panel, px: number, py: number, toPixels: (x: number, y: number) => [number, number],
  back: (px: number, py: number) => [number, number],
): Stop | null {
  let best: Stop | null = null
  let least = NEAR_POINT
  let [column, columnFar] = [null as Stop | null, Infinity]
  for (const stop of stops) {
    if (stop.kind === "point") {
      const [x, y] = toPixels(stop.x, stop.y)
      const bars = panel.marks[stop.mark].mark === "Bars"
      const far = bars ? Math.abs(y - py) : Math.hypot(x - px, y - py)
      if (far < least) [best, least] = [stop, far]
    } else if (stop.kind === "x") {
      const far = Math.abs(toPixels(stop.x, 1)[0] - px)
      if (far < columnFar) [column, columnFar] = [stop, far]
    }
  }
  return best ?? cellAt(panel, ...back(px, py)) ?? column
}

function cellAt(panel: Panel, x: number, y: number): Stop | null {
  for (let index = panel.marks.length - 1; index >= 0; index--) {
    const mark = panel.marks[index]
    if (mark.mark !== "Heatmap" && mark.mark !== "Contour" && mark.mark !== "Surface") continue
    const [xs, ys] = [numbersOf(mark.x), numbersOf(mark.y)]
    const [i, j] = [interval(cellEdges(xs), x), interval(cellEdges(ys), y)]
    if (i >= 0 && j >= 0) return { kind: "cell", mark: index, i, j, x: xs[i], y: ys[j] }
  }
  return null
}

/** The words of an axis at a value: its name where it has one there. */
function onAxis(panel: Panel, side: "x" | "y", value: number): string {
  const k = panel[side].ticks.indexOf(value)
  const label = panel[side].tick_labels[k] ?? ""
  return label || short(value, 4)
}

/** What is said at a stop; `apart` is how many pixels two values of x are from each other: of a curve, a point within 5 of them is read. */
export function read(
  panel: Panel, stop: Stop, hidden: ReadonlySet<string>, figure: Figure, apart: (a: number, b: number) => number,
): Reading {
  if (stop.kind === "cell") return readCell(panel, stop)
  if (stop.kind === "point") return readPoint(panel, stop)
  const lines: [string, string][] = []
  const dots: Reading["dots"] = []
  panel.marks.forEach((mark) => {
    if (mark.mark !== "Line" || !isGraphOf(mark) || isHidden(mark, hidden, figure)) return
    const [x, y] = [numbersOf(mark.x), numbersOf(mark.y)]
    let near = -1
    x.forEach((value, k) => {
      if (Number.isFinite(y[k]) && (near < 0 || apart(value, stop.x) < apart(x[near], stop.x))) near = k
    })
    if (near < 0 || apart(x[near], stop.x) > 5) return
    lines.push([nameOf(mark, panel, figure), `${short(y[near], 4)}${rangeAt(panel, mark, x[near], hidden, figure)}`])
    dots.push({ x: x[near], y: y[near], color: mark.color })
  })
  return { lines: [[panel.x.label || "x", onAxis(panel, "x", stop.x)], ...lines], dots }
}

/** The word of a curve: its own, that of its like in another panel, or that of the axis. */
function nameOf(mark: LineMark, panel: Panel, figure: Figure): string {
  const like = figure.panels.flatMap((other) => other.marks)
    .find((other) => other.mark === "Line" && other.label && other.color === mark.color && other.dash === mark.dash)
  const own = mark.label || (like?.mark === "Line" && !like.label.startsWith("dashed:") ? like.label : "")
  const several = panel.marks.filter((other) => other.mark === "Line" && isGraphOf(other)).length > 1
  const axis = panel.y.label || "value"
  if (!own) return axis
  return several || figure.panels.length > 1 ? `${axis}, ${own}` : own
}

/** The range of the band of a curve's colour at x, in words. */
function rangeAt(panel: Panel, mark: LineMark, x: number, hidden: ReadonlySet<string>, figure: Figure): string {
  for (const band of panel.marks) {
    if (band.mark !== "Band" || band.color !== mark.color || isHidden(band, hidden, figure)) continue
    const k = numbersOf(band.x).indexOf(x)
    const [low, high] = [band.low[k], band.high[k]]
    if (k >= 0 && typeof low === "number" && typeof high === "number") return ` (${short(low)} to ${short(high)})`
  }
  return ""
}

function readPoint(panel: Panel, stop: Stop & { kind: "point" }): Reading {
  const mark = panel.marks[stop.mark] as PointsMark | TicksMark | BarsMark
  const color = mark.mark === "Points" ? mark.color : mark.color
  const lines: [string, string][] = []
  const text = mark.mark === "Points" ? mark.texts[stop.at] : ""
  if (text || mark.label) lines.push([text ? "point" : "", text || mark.label])
  const bareX = panel.x.ticks.length > 0 && !panel.x.tick_labels.some(Boolean)
  const bareY = panel.y.ticks.length > 0 && !panel.y.tick_labels.some(Boolean)
  if (mark.mark === "Bars") lines.push([onAxis(panel, "y", stop.y), short(stop.x, 4)])
  else {
    if (!bareX && panel.x.label) lines.push([panel.x.label, onAxis(panel, "x", stop.x)])
    if (!bareY && panel.y.label) lines.push([panel.y.label, onAxis(panel, "y", stop.y)])
  }
  if (mark.mark !== "Points" && mark.low && mark.high) {
    const [low, high] = [numbersOf(mark.low)[stop.at], numbersOf(mark.high)[stop.at]]
    lines.push(["between", `${short(low)} and ${short(high)}`])
  }
  if (mark.mark !== "Points" && !mark.filled) lines.push(["", "doubtful"])
  return { lines: lines.length ? lines : [["point", short(stop.x, 4)]], dots: [{ x: stop.x, y: stop.y, color }] }
}

function readCell(panel: Panel, stop: Stop & { kind: "cell" }): Reading {
  const mark = panel.marks[stop.mark]
  const rows = mark.mark === "Heatmap" || mark.mark === "Contour" || mark.mark === "Surface" ? (mark.z as unknown[]) : []
  const value = numbersOf([(rows[stop.i] as (number | "NaN")[])[stop.j]])[0]
  return {
    lines: [[panel.x.label || "column", onAxis(panel, "x", stop.x)], [panel.y.label || "row", onAxis(panel, "y", stop.y)],
      [panel.z?.label ?? "value", short(value, 4)]],
    dots: [{ x: stop.x, y: stop.y, color: null }],
  }
}
