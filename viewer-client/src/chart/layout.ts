/**
 * Where the panels of a figure stand: in its columns as on paper, in fewer where there is little room, so that on a phone they are stacked.
 *
 * Every panel has its frame, a title above it, a legend below it and perhaps a colour bar on its right. Curves share the height that there
 * is and are never lower than is legible; then the picture is taller than its tile, which scrolls. Panels of a column have their frames in
 * line.
 */

import { axisTicks, chartAxis, named, rangeOf } from "./axis"
import { legendEntries } from "./legend"
import { SIZE, textWidth } from "./ink"
import type { Axis, Figure, Panel } from "../types"
import type { Frame } from "../flat/viewport"

export interface Place {
  panel: Panel
  /** its number in the figure */
  index: number
  frame: Frame
  /** whether the words and numbers of its x and y axes are written */
  xShown: boolean
  yShown: boolean
  bar: Frame | null
  titleAt: number
  /** how wide its title may be: over its own frame, and half the way to its neighbours */
  titleRoom: number
  legend: { label: string; mark: number; x: number; y: number }[]
}

export interface Layout {
  width: number
  height: number
  title: { text: string; y: number } | null
  places: Place[]
}

const LEAST_WIDTH = 240
/** Of panels that stay beside each other because the picture would not fit its tile otherwise, in a tile that is wider than a phone. */
const TIGHT_WIDTH = 160
const PHONE = 480
/** Words of y axes that may need two lines, in pixels. */
const LONG = 100
const ROW = 18
const EDGE = 10
const BAR = 13
const FOOT = 6

interface Cell {
  panel: Panel
  index: number
  span: number
}

/**
 * Lay out a figure in a tile of this size. Where panels of a good width would be taller than the tile, they stand beside each other as on
 * paper, if they fit then; else the height of the picture is larger than that of the tile.
 */
export function arrange(figure: Figure, width: number, height: number, title: string): Layout {
  const asked = Math.max(1, Math.min(figure.columns, figure.panels.length))
  const columns = Math.max(1, Math.min(asked, Math.floor(width / (asked > 3 ? LEAST_WIDTH * 0.75 : LEAST_WIDTH))))
  const roomy = inColumns(columns, asked, figure, width, height, title)
  if (columns === asked || roomy.height <= height || width < Math.max(PHONE, asked * TIGHT_WIDTH)) return roomy
  const tight = inColumns(asked, asked, figure, width, height, title)
  return tight.height <= height ? tight : roomy
}

function inColumns(columns: number, asked: number, figure: Figure, width: number, height: number, title: string): Layout {
  const rows = grid(figure, columns, asked)
  const lefts = margins(rows, columns, width)
  const rights = Array.from({ length: columns }, (_, c) => Math.max(EDGE + 4, ...rows.map((row) => barRoom(row, c))))
  const taken = sum(lefts) + sum(rights)
  const wide = Math.max((width - taken) / columns, 60)
  const starts = Array.from({ length: columns }, (_, c) => sum(lefts.slice(0, c + 1)) + sum(rights.slice(0, c)) + c * wide)
  const head = title ? 28 : 8
  const around = rows.map((row, r) => surroundings(row, rows[r + 1], wide))
  const wanted = rows.map((row) => Math.max(0, ...row.map((cell) => preferred(cell.panel, wide))))
  const fixed = head + sum(around.map(({ above, below }) => above + below))
  const heights = shareOut(rows, wanted, height - fixed - FOOT)
  let top = head
  const places: Place[] = []
  rows.forEach((row, r) => {
    let c = 0
    for (const cell of row) {
      const full = wide * cell.span + (cell.span > 1 ? starts[c + cell.span - 1] - starts[c] - wide * (cell.span - 1) : 0)
      places.push(placed(cell, { left: starts[c], top: top + around[r].above, width: full, height: heights[r] }, row, rows[r + 1], c))
      c += cell.span
    }
    top += around[r].above + heights[r] + around[r].below
  })
  for (const place of places) place.titleRoom = titleRoom(place, places, width)
  return { width, height: Math.max(top + FOOT, 1), title: title ? { text: title, y: 14 } : null, places }
}

/** Rows of cells; in fewer columns than the figure has, places without marks are left out. */
function grid(figure: Figure, columns: number, asked: number): Cell[][] {
  const rows: Cell[][] = [[]]
  let used = 0
  for (let k = 0; k < figure.panels.length; k++) {
    const panel = figure.panels[k]
    if (columns < asked && !panel.marks.length) continue
    const span = Math.min(panel.span, columns)
    if (used + span > columns) {
      rows.push([])
      used = 0
    }
    rows[rows.length - 1].push({ panel, index: k, span })
    used += span
    k += columns === asked ? span - 1 : 0
  }
  return rows.filter((row) => row.length)
}

/** Room for the numbers and the words of the y axes, by column. */
function margins(rows: Cell[][], columns: number, width: number): number[] {
  const out = new Array<number>(columns).fill(EDGE)
  for (const row of rows) {
    let c = 0
    row.forEach((cell, k) => {
      if (cell.panel.marks.length && apart(row, k)) out[c] = Math.max(out[c], leftRoom(cell.panel, width / columns))
      c += cell.span
    })
  }
  return out
}

/** Whether a panel writes its y axis: the first of a row, and those whose axis differs from that of their neighbour. */
function apart(row: Cell[], k: number): boolean {
  if (k === 0 || !row[k - 1].panel.marks.length) return true
  return JSON.stringify(row[k].panel.y) !== JSON.stringify(row[k - 1].panel.y)
}

export function leftRoom(panel: Panel, width: number): number {
  const labels = axisTicks(chartAxis(panel.y, rangeOf(panel, "y"), null), 5).map((tick) => textWidth(tick.label, SIZE.tick))
  return Math.min(Math.max(...labels, 8), 0.4 * width) + 12 + (panel.y.label ? (textWidth(panel.y.label, SIZE.label) > LONG ? 35 : 20) : 0)
}

function barRoom(row: Cell[], column: number): number {
  let c = 0
  for (let k = 0; k < row.length; k++) {
    c += row[k].span
    if (c - 1 === column && hasBar(row, k)) return barWidth(row[k].panel.z!)
  }
  return 0
}

/** The last panel of a run of equal colour axes in its row carries the bar. */
function hasBar(row: Cell[], k: number): boolean {
  const { panel } = row[k]
  if (!panel.z || !panel.marks.length) return false
  const next = row.slice(k + 1).find((cell) => cell.panel.marks.length)
  return !next || JSON.stringify(next.panel.z) !== JSON.stringify(panel.z)
}

function barWidth(axis: Axis): number {
  const labels = axisTicks(chartAxis(axis, axis.limits ?? [0, 1], null), 5).map((tick) => textWidth(tick.label, SIZE.tick))
  return 10 + BAR + 7 + Math.max(...labels, 10) + 30
}

/** How many rows the legend of a panel takes at this width, and where its words stand. */
function legendOf(panel: Panel, width: number): { label: string; mark: number; x: number; row: number }[] {
  let [x, row] = [0, 0]
  return legendEntries(panel).map(({ label, mark }) => {
    const wide = 26 + textWidth(label, SIZE.legend) + 14
    if (x > 0 && x + wide > width + 12) [x, row] = [0, row + 1]
    const at = { label, mark, x, row }
    x += wide
    return at
  })
}

/** The height of the words below a row (numbers, label, legend) and above it (title). */
function surroundings(row: Cell[], next: Cell[] | undefined, wide: number): { above: number; below: number } {
  const legends = row.map((cell) => legendOf(cell.panel, wide * cell.span).reduce((most, item) => Math.max(most, item.row + 1), 0))
  const shown = row.some((cell, k) => xShown(cell.panel, next?.[k]?.panel))
  const names = Math.max(0, ...row.map((cell) => (named(cell.panel.x) ? nameRoom(cell.panel, wide) : 0)))
  return { above: row.some((cell) => cell.panel.title) ? 24 : 8, below: (shown ? 44 + names : 8) + ROW * Math.max(0, ...legends) }
}

/** How much lower names on an x axis reach than numbers, if they must be slanted. */
export function nameRoom(panel: Panel, wide: number): number {
  const widths = panel.x.tick_labels.map((label) => textWidth(label, SIZE.tick))
  const longest = Math.max(...widths, 0)
  return slanted(panel, wide) ? Math.min(longest, 120) * 0.72 : 0
}

/** Whether names on the x axis have too little room beside each other. */
export function slanted(panel: Panel, wide: number): boolean {
  const longest = Math.max(...panel.x.tick_labels.map((label) => textWidth(label, SIZE.tick)), 0)
  return named(panel.x) && longest + 6 > wide / Math.max(panel.x.tick_labels.length, 1)
}

/** Curves above others with the same x leave its numbers to them. */
function xShown(panel: Panel, under: Panel | undefined): boolean {
  return !(under && under.marks.length && panel.z === null && under.z === null && JSON.stringify(panel.x) === JSON.stringify(under.x))
}

function isPlane(panel: Panel): boolean {
  return panel.z !== null || panel.equal
}

/** How high a frame wants to be. */
function preferred(panel: Panel, wide: number): number {
  if (!panel.marks.length) return 0
  const bars = panel.marks.some((mark) => mark.mark === "Bars")
  if (bars) return Math.max(17 * (panel.y.ticks.length + 0.6), 60)
  if (!isPlane(panel)) return 190
  return wide * (panel.equal ? shapeOf(panel) : panel.marks.some((mark) => mark.mark === "Heatmap") && named(panel.x) ? 0.9 : 0.75)
}

function shapeOf(panel: Panel): number {
  const [x0, x1] = rangeOf(panel, "x")
  const [y0, y1] = rangeOf(panel, "y")
  return Math.abs((y1 - y0) / (x1 - x0))
}

const LEAST = 104
const LEAST_PLANE = 170

/** The heights of the rows: as they want where there is room (curves more), else all lower, down to what is legible. */
function shareOut(rows: Cell[][], wanted: number[], room: number): number[] {
  const grows = rows.map((row) => row.every((cell) => !isPlane(cell.panel) && !cell.panel.marks.some((mark) => mark.mark === "Bars")))
  const planes = rows.map((row) => row.some((cell) => isPlane(cell.panel)))
  const least = rows.map((_, r) => (grows[r] ? LEAST : planes[r] ? Math.min(wanted[r], LEAST_PLANE) : wanted[r]))
  const spare = room - sum(wanted)
  if (spare >= 0) {
    const growing = grows.filter(Boolean).length
    return wanted.map((high, r) => (grows[r] ? high + spare / growing : high))
  }
  const give = sum(wanted.map((high, r) => Math.max(high - least[r], 0)))
  const share = give > 0 ? Math.min(1, -spare / give) : 0
  return wanted.map((high, r) => high - share * Math.max(high - least[r], 0))
}

function placed(cell: Cell, box: Frame, row: Cell[], next: Cell[] | undefined, column: number): Place {
  const { panel, index } = cell
  const k = row.indexOf(cell)
  let frame = box
  if (panel.equal && panel.marks.length) {
    const shape = shapeOf(panel)
    const width = Math.min(box.width, box.height / shape)
    frame = { left: box.left + (box.width - width) / 2, top: box.top, width, height: width * shape }
  } else if (panel.z && named(panel.x) && named(panel.y)) {
    const side = Math.min(box.width, box.height * 1.15)
    frame = { left: box.left + (box.width - side) / 2, top: box.top, width: side, height: box.height }
  }
  const shown = xShown(panel, next?.find((other, at) => at === k || column === next.indexOf(other))?.panel)
  const below = frame.top + frame.height + (shown ? 44 + (named(panel.x) ? nameRoom(panel, frame.width) : 0) : 8)
  const legend = legendOf(panel, box.width).map((item) => ({ label: item.label, mark: item.mark, x: box.left + item.x,
    y: below + ROW * (item.row + 0.5) }))
  const bar = hasBar(row, k) ? { left: frame.left + frame.width + 10, top: frame.top, width: BAR, height: frame.height } : null
  return { panel, index, frame, xShown: shown, yShown: apart(row, k), bar, titleAt: frame.top - 8, titleRoom: 0, legend }
}

function titleRoom({ frame, titleAt }: Place, places: readonly Place[], width: number): number {
  const middle = frame.left + frame.width / 2
  const beside = places.filter((other) => other.titleAt === titleAt).map((other) => other.frame)
  const between = (a: Frame, b: Frame) => (a.left + a.width + b.left) / 2
  const before = Math.max(0, ...beside.filter(({ left }) => left < frame.left).map((other) => between(other, frame)))
  const after = Math.min(width, ...beside.filter(({ left }) => left > frame.left).map((other) => between(frame, other)))
  return 2 * Math.min(middle - before, after - middle) - 8
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
