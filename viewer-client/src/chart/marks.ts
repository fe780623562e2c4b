/**
 * The marks of a figure in two dimensions, drawn through a Painter as render/marks.py draws them on paper.
 *
 * A field (cells, contours, and a surface, which is seen from above) is drawn by what the flat view of fields is made of. Black lines are
 * light in the dark theme.
 */

import { contours, gapped, labelPlaces, type ContourLevel } from "../geometry/contours"
import { colorAt, colorTable, makeScale, place, type Scale } from "../scale"
import { star, type Painter, type Stroke } from "../flat/painter"
import { cellEdges, raster, rgb, type Window } from "../flat/raster"
import type { Frame } from "../flat/viewport"
import type { ColorMapName } from "../colormaps"
import type { Axis, BandMark, BarsMark, ContourMark, HeatmapMark, HolesMark, LineMark, Mark, Panel, PointsMark, SurfaceMark, TicksMark,
  VeilMark } from "../types"
import type { ChartAxis } from "./axis"
import { lineColor, mix, numbersOf, SIZE, textWidth, type Ink } from "./ink"

/** Where data lie in pixels. */
export interface Axes {
  panel: Panel
  frame: Frame
  x: ChartAxis
  y: ChartAxis
}

/** What marks are drawn on. */
export interface Ground extends Axes {
  painter: Painter
  z: Scale | null
  ink: Ink
  map: ColorMapName
}

export const toPx = (on: Axes, value: number): number => on.frame.left + on.x.at(value) * on.frame.width
export const toPy = (on: Axes, value: number): number => on.frame.top + (1 - on.y.at(value)) * on.frame.height

/** The scale of a colour axis, and its map: blue to red where colours diverge. */
export function colorScale(axis: Axis): Scale {
  const [low, high] = axis.limits ?? [0, 1]
  const log = axis.scale === "log" && low > 0
  return makeScale(log ? "log" : "linear", low, high, log ? null : axis.center)
}

export function mapOf(axis: Axis | null, chosen: ColorMapName): ColorMapName {
  return axis && axis.center !== null ? "RdBu_r" : chosen
}

/** Draw one mark; rules and words come later, above all marks. */
export function drawMark(on: Ground, mark: Mark): void {
  switch (mark.mark) {
    case "Contour":
    case "Surface":
    case "Heatmap":
      return drawField(on, mark)
    case "Holes":
      return drawHoles(on, mark)
    case "Veil":
      return drawVeil(on, mark)
    case "Line":
      return drawLine(on, mark)
    case "Band":
      return drawBand(on, mark)
    case "Points":
      return drawPoints(on, mark)
    case "Ticks":
      return drawTicks(on, mark)
    case "Bars":
      return drawBars(on, mark)
    case "Rule":
      return drawRule(on, mark.across, mark.at)
  }
}

export function strokeOf(mark: LineMark, ink: Ink): Stroke {
  const width = mark.width * 1.2
  const dash = mark.dash === "dashed" ? [5 * width / 1.8, 3 * width / 1.8] : mark.dash === "dotted" ? [1.5, 3] : undefined
  return { color: lineColor(ink, mark.color), width, dash, opacity: mark.width < 1 ? 0.6 : undefined }
}

const FEW = 30

function drawLine(on: Ground, mark: LineMark): void {
  const [x, y] = [numbersOf(mark.x), numbersOf(mark.y)]
  const points = pixels(on, x, y)
  on.painter.line(thinned(points, on.frame.width), strokeOf(mark, on.ink))
  if (x.length > FEW || mark.width <= 1) return
  for (let k = 0; k < x.length; k++) {
    if (Number.isFinite(points[2 * k]) && Number.isFinite(points[2 * k + 1])) {
      on.painter.circle(points[2 * k], points[2 * k + 1], 2.1, lineColor(on.ink, mark.color))
    }
  }
}

function pixels(on: Ground, x: ArrayLike<number>, y: ArrayLike<number>): Float64Array {
  const out = new Float64Array(2 * x.length)
  for (let k = 0; k < x.length; k++) {
    out[2 * k] = toPx(on, x[k])
    out[2 * k + 1] = toPy(on, y[k])
  }
  return out
}

/** A long curve as the first, lowest, highest and last point in each half pixel: it looks the same. */
export function thinned(points: Float64Array, width: number): ArrayLike<number> {
  const n = points.length / 2
  if (n <= 4 * width) return points
  const out: number[] = []
  let from = 0
  while (from < n) {
    const column = Math.floor(2 * points[2 * from])
    let [to, low, high] = [from, from, from]
    while (to + 1 < n && Math.floor(2 * points[2 * (to + 1)]) === column && Number.isFinite(points[2 * to + 3])) {
      to++
      if (points[2 * to + 1] < points[2 * low + 1]) low = to
      if (points[2 * to + 1] > points[2 * high + 1]) high = to
    }
    for (const k of [...new Set([from, low, high, to])].sort((a, b) => a - b)) out.push(points[2 * k], points[2 * k + 1])
    from = to + 1
  }
  return out
}

function drawBand(on: Ground, mark: BandMark): void {
  const [x, low, high] = [mark.x, mark.low, mark.high].map(numbersOf)
  const bottom = on.frame.top + on.frame.height
  const clamp = (value: number) => (Number.isNaN(value) ? NaN : Math.min(Math.max(toPy(on, value), on.frame.top - 1e4), bottom + 1e4))
  const lower = (k: number) => (Number.isNaN(low[k]) ? NaN : Number.isNaN(on.y.at(low[k])) ? bottom : clamp(low[k]))
  let run: number[] = []
  const flush = () => {
    if (run.length > 1) {
      const there = run.flatMap((k) => [toPx(on, x[k]), clamp(high[k])])
      const back = [...run].reverse().flatMap((k) => [toPx(on, x[k]), lower(k)])
      on.painter.area([...there, ...back], mixed(lineColor(on.ink, mark.color), 0.22))
    }
    run = []
  }
  for (let k = 0; k < x.length; k++) {
    if (Number.isFinite(clamp(high[k])) && Number.isFinite(lower(k))) run.push(k)
    else flush()
  }
  flush()
}

/** A colour that lets shine through what is below it. */
export function mixed(color: string, opacity: number): string {
  return `rgba(${rgb(color).join(",")},${opacity})`
}

export function pointColor(mark: PointsMark, ink: Ink): string {
  return mark.color === null ? ink.lines[6] : lineColor(ink, mark.color)
}

function drawPoints(on: Ground, mark: PointsMark): void {
  const points = pixels(on, numbersOf(mark.x), numbersOf(mark.y))
  const color = pointColor(mark, on.ink)
  if (mark.marker === "word") return
  if (mark.marker === "trace") return on.painter.line(points, { color, width: 1, opacity: 0.45 })
  if (mark.joined) {
    on.painter.line(points, { color: on.ink.halo, width: 3.5, opacity: 0.8 })
    on.painter.line(points, { color, width: mark.color === null ? 1.2 : 1.6 })
  }
  const shade = mark.shade && numbersOf(mark.shade)
  for (let k = 0; 2 * k < points.length; k++) {
    if (Number.isFinite(points[2 * k]) && Number.isFinite(points[2 * k + 1])) {
      drawPoint(on.painter, mark, on.ink, points[2 * k], points[2 * k + 1], shade ? shade[k] : 0, mark.x.length)
    }
  }
}

/** One marker: a star, a square ring, a speck, or a dot filled from white to its colour. */
export function drawPoint(painter: Painter, mark: PointsMark, ink: Ink, x: number, y: number, shade: number, many: number): void {
  const color = pointColor(mark, ink)
  if (mark.marker === "star") painter.area(star(x, y, 8), mark.color === null ? ink.star : color, { color: ink.paper, width: 1 })
  else if (mark.marker === "ring") painter.rect(x - 3.8, y - 3.8, 7.6, 7.6, "#ffffff", { color, width: 1.8 })
  else if (mark.marker === "speck") painter.circle(x, y, 1.5, ink.lines[6], { color: ink.paper, width: 0.4 })
  else {
    const full = mark.color === null ? "#000000" : color
    const small = mark.marker === "step"
    const radius = small ? (many <= 60 ? 2.8 : 1.9) : 3.6
    painter.circle(x, y, radius, mix("#ffffff", full, Math.min(1, Math.max(0, shade))), { color, width: small ? 1 : 1.2 })
  }
}

function drawTicks(on: Ground, mark: TicksMark): void {
  const [x, y] = [numbersOf(mark.x), numbersOf(mark.y)]
  const color = lineColor(on.ink, mark.color)
  const bottom = on.frame.top + on.frame.height
  const base = Number.isNaN(on.y.at(mark.base)) ? bottom : Math.min(toPy(on, mark.base), bottom)
  const [low, high] = [mark.low && numbersOf(mark.low), mark.high && numbersOf(mark.high)]
  for (let k = 0; k < x.length; k++) {
    const [px, py] = [toPx(on, x[k]), toPy(on, y[k])]
    if (!Number.isFinite(px) || !Number.isFinite(py)) continue
    on.painter.line([px, base, px, py], { color, width: 1.3 })
    if (low && high) {
      const ends = mark.of === "x" ? [clampX(on, low[k]), py, clampX(on, high[k]), py] : [px, clampY(on, low[k]), px, clampY(on, high[k])]
      on.painter.line(ends, { color, width: 3, opacity: 0.45 })
    }
  }
  for (let k = 0; k < x.length; k++) {
    const [px, py] = [toPx(on, x[k]), toPy(on, y[k])]
    if (!Number.isFinite(px) || !Number.isFinite(py)) continue
    on.painter.circle(px, py, 2.9, mark.filled ? color : on.ink.paper, { color, width: 1.2 })
  }
}

/** A bound may be infinite, or have no place on a log scale: then it reaches to the edge. */
function clampX(on: Ground, value: number): number {
  const at = Number.isNaN(on.x.at(value)) ? (value > 0 ? 1 : 0) : on.x.at(value)
  return on.frame.left + Math.min(1, Math.max(0, at)) * on.frame.width
}

function clampY(on: Ground, value: number): number {
  const at = Number.isNaN(on.y.at(value)) ? (value > 0 ? 1 : 0) : on.y.at(value)
  return on.frame.top + (1 - Math.min(1, Math.max(0, at))) * on.frame.height
}

const THICK = 0.62

function drawBars(on: Ground, mark: BarsMark): void {
  const [x, y] = [numbersOf(mark.x), numbersOf(mark.y)]
  const color = lineColor(on.ink, mark.color)
  const [low, high] = [mark.low && numbersOf(mark.low), mark.high && numbersOf(mark.high)]
  for (let k = 0; k < x.length; k++) {
    if (!Number.isFinite(x[k])) continue
    const [from, to] = [clampX(on, 0), clampX(on, x[k])]
    const [top, bottom] = [toPy(on, y[k] + THICK / 2), toPy(on, y[k] - THICK / 2)].sort((a, b) => a - b)
    on.painter.rect(Math.min(from, to), top, Math.abs(to - from), bottom - top, mark.filled ? color : on.ink.paper, { color, width: 1 })
    if (!mark.filled) hatch(on.painter, Math.min(from, to), top, Math.abs(to - from), bottom - top, color)
    if (low && high && Number.isFinite(low[k]) && Number.isFinite(high[k])) {
      const middle = toPy(on, y[k])
      on.painter.line([clampX(on, low[k]), middle, clampX(on, high[k]), middle], { color: on.ink.text, width: 1.3 })
    }
  }
}

/** Slanted lines in a box. */
export function hatch(painter: Painter, x: number, y: number, width: number, height: number, color: string, apart = 6): void {
  painter.clipped(x, y, width, height, () => {
    for (let at = x - height; at < x + width; at += apart) painter.line([at, y + height, at + height, y], { color, width: 0.9 })
  })
}

function drawRule(on: Ground, across: "x" | "y", at: number): void {
  const { left, top, width, height } = on.frame
  const [x, y] = [toPx(on, at), toPy(on, at)]
  const points = across === "x" ? [x, top, x, top + height] : [left, y, left + width, y]
  on.painter.line(points, { color: on.ink.faint, width: 1, dash: [3, 3] })
}

const MOST_RECTS = 1024

function drawField(on: Ground, mark: ContourMark | HeatmapMark | SurfaceMark): void {
  const [x, y] = [numbersOf(mark.x), numbersOf(mark.y)]
  const z = numbersOf((mark.z as unknown[]).flat() as number[])
  const scale = on.z ?? makeScale("linear", 0, 1)
  const smooth = mark.mark !== "Heatmap" && x.length > 1 && y.length > 1
  const places = Float64Array.from(z, (value) => place(scale, value)).map((at) => (Number.isFinite(at) ? at : NaN))
  if (!smooth && places.length <= MOST_RECTS) drawCells(on, x, y, places)
  else {
    const window: Window = { x0: on.x.low, x1: on.x.high, y0: on.y.low, y1: on.y.high }
    const cells = { x, y, places, done: new Uint8Array(places.length), predicted: null }
    const [wide, high] = [Math.round(1.5 * on.frame.width), Math.round(1.5 * on.frame.height)]
    const made = raster(cells, window, wide, high, colorTable(on.map), null, smooth)
    on.painter.image(made, on.frame.left, on.frame.top, on.frame.width, on.frame.height)
  }
  if (mark.mark === "Contour") drawContours(on, contours(x, y, z, mark.levels, scale.kind), mark.labels, scale)
}

function drawCells(on: Ground, x: Float64Array, y: Float64Array, places: Float64Array): void {
  const [ex, ey] = [cellEdges(x), cellEdges(y)]
  for (let i = 0; i < x.length; i++) {
    for (let j = 0; j < y.length; j++) {
      const color = colorAt(on.map, places[i * y.length + j])
      if (!color) continue
      const [x0, x1] = [toPx(on, ex[i]), toPx(on, ex[i + 1])].sort((a, b) => a - b)
      const [y0, y1] = [toPy(on, ey[j]), toPy(on, ey[j + 1])].sort((a, b) => a - b)
      on.painter.rect(x0, y0, x1 - x0 + 0.4, y1 - y0 + 0.4, `rgb(${color.join(",")})`)
    }
  }
}

function drawContours(on: Ground, of: ContourLevel[], labels: readonly string[], scale: Scale): void {
  const { left, top, width, height } = on.frame
  const moved = of.map(({ level, lines }) => ({
    level, lines: lines.map((line) => ({ closed: line.closed, points: line.points.map((v, k) => (k % 2 ? toPy(on, v) : toPx(on, v))) })),
  }))
  const avoid = on.panel.marks.flatMap((mark) => (mark.mark === "Points" && mark.marker !== "speck" ? [mark] : [])).flatMap((mark) => {
    const [x, y] = [numbersOf(mark.x), numbersOf(mark.y)]
    return Array.from(x, (value, k): [number, number] => [toPx(on, value), toPy(on, y[k])])
  })
  const size = width < 300 ? 9 : SIZE.word
  const spots = labelPlaces(moved, labels, {
    frame: [left, top, left + width, top + height], height: size, avoid, width: (text) => textWidth(text, size),
  })
  for (const { level, lines } of moved) {
    const color = contrast(colorAt(on.map, place(scale, level)))
    for (const line of lines) {
      const words = spots.filter((spot) => spot.line === line)
      for (const piece of gapped(line, words, words.length ? textWidth(words[0].text, size) / 2 + 3 : 0)) {
        on.painter.line(piece.points, { color, width: 0.9, opacity: 0.85 }, piece.closed)
      }
    }
    for (const spot of spots.filter((one) => one.level === level)) {
      on.painter.text(spot.x, spot.y, spot.text, { size, color, align: "middle", baseline: "middle", angle: spot.angle })
    }
  }
}

/** Dark on light colours, white on dark ones. */
export function contrast(color: [number, number, number] | null): string {
  if (!color) return "#16181c"
  const [r, g, b] = color.map((value) => Math.pow(value / 255, 2.2))
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.2 ? "#16181c" : "#ffffff"
}

/** The runs of true entries of a mask over one coordinate, in pixels. */
function spans(on: Ground, mark: HolesMark | VeilMark, reach: number): [number, number][] {
  const edges = cellEdges(numbersOf(mark.x))
  const mask = mark.mask as boolean[]
  const out: [number, number][] = []
  mask.forEach((there, k) => {
    if (!there) return
    const middle = Number(mark.x[k])
    const [low, high] = [middle - 2 * reach * (middle - edges[k]), middle + 2 * reach * (edges[k + 1] - middle)]
    out.push([toPx(on, Math.max(low, on.x.low)), toPx(on, Math.min(high, on.x.high))])
  })
  return out.filter(([a, b]) => b > a)
}

function drawHoles(on: Ground, mark: HolesMark): void {
  const { top, height } = on.frame
  const reach = on.panel.marks.some((other) => other.mark === "Contour") ? 1 : 0.5
  if (mark.y === null) for (const [a, b] of spans(on, mark, reach)) drawHole(on.painter, on.ink, mark.why, a, top, b - a, height)
  else {
    const boxes = masked(on, mark, mark.why === "doubtful" ? 0.5 : reach)
    for (const [x, y, wide, high] of boxes) drawHole(on.painter, on.ink, mark.why, x, y, wide, high)
  }
}

/** A hatched box: grey with lines (bad), pale with dots (missing), or crosses over what is below (doubtful). */
export function drawHole(painter: Painter, ink: Ink, why: HolesMark["why"], x: number, y: number, width: number, height: number): void {
  const [fill, line] = ink.hole[why]
  painter.rect(x, y, width, height, fill)
  if (why === "missing") {
    if (width * height > 40000) return
    for (let px = x + 3; px < x + width; px += 6) for (let py = y + 3; py < y + height; py += 6) painter.circle(px, py, 0.7, line)
    return
  }
  hatch(painter, x, y, width, height, line)
  if (why === "doubtful") painter.line([x, y, x + width, y + height], { color: line, width: 0.9 })
}

function drawVeil(on: Ground, mark: VeilMark): void {
  const { top, height } = on.frame
  if (mark.y === null) for (const [a, b] of spans(on, mark, 0.5)) on.painter.rect(a, top, b - a, height, on.ink.veil)
  else for (const [x, y, wide, high] of masked(on, mark, 0.5)) on.painter.rect(x, y, wide, high, mixed(on.ink.paper, 0.5))
}

/** The cells of a mask over a plane as boxes; neighbours in a column are one. */
function masked(on: Ground, mark: HolesMark | VeilMark, reach: number): [number, number, number, number][] {
  const [x, y] = [numbersOf(mark.x), numbersOf(mark.y ?? [])]
  const [ex, ey] = [cellEdges(x), cellEdges(y)]
  const out: [number, number, number, number][] = []
  const mask = mark.mask as boolean[][]
  const low = (values: Float64Array, edges: Float64Array, k: number) => values[k] - 2 * reach * (values[k] - edges[k])
  const high = (values: Float64Array, edges: Float64Array, k: number) => values[k] + 2 * reach * (edges[k + 1] - values[k])
  for (let i = 0; i < x.length; i++) {
    for (let j = 0; j < y.length; j++) {
      if (!mask[i][j]) continue
      let last = j
      while (last + 1 < y.length && mask[i][last + 1]) last++
      const [x0, x1] = [toPx(on, low(x, ex, i)), toPx(on, high(x, ex, i))].sort((a, b) => a - b)
      const [y0, y1] = [toPy(on, low(y, ey, j)), toPy(on, high(y, ey, last))].sort((a, b) => a - b)
      out.push([x0, y0, x1 - x0, y1 - y0])
      j = last
    }
  }
  return out
}
