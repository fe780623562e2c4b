/** Where things stand in a flat picture: the plot with its axes, and the legend below it. */

import { SIZE, textWidth } from "../chart/ink"
import { short, ticks } from "../scale"
import type { Frame } from "./viewport"
import { fit } from "./viewport"
import type { Window } from "./raster"

export interface Tick {
  value: number
  label: string
}

export interface LegendItem {
  label: string
  kind: "bad" | "missing" | "veil" | "track" | "trained" | "given" | "yes" | "no"
  color?: string
}

export interface Layout {
  frame: Frame
  legend: { item: LegendItem; x: number; y: number }[]
}

const GAP = 8
const ROW = 18
const BELOW = 42
const HEAD = 26

/** Lay out a picture of this size, with a line above it where it has words there. */
export function arrange(width: number, height: number, home: Window, equal: boolean, items: LegendItem[], headed: boolean): Layout {
  const left = 30 + Math.max(...linearTicks(home.y0, home.y1, 5).map((tick) => textWidth(tick.label, SIZE.tick)), 10)
  const legend = wrap(items, width - 2 * GAP)
  const rows = legend.length ? legend[legend.length - 1].row + 1 : 0
  const below = BELOW + rows * ROW + (rows ? 4 : 0)
  const top = headed ? HEAD : 10
  const box = { left, top, width: Math.max(width - left - 14, 40), height: Math.max(height - below - top, 40) }
  const frame = fit(box, home, equal)
  const start = frame.top + frame.height + BELOW
  return { frame, legend: legend.map(({ item, x, row }) => ({ item, x: x + GAP, y: start + row * ROW + ROW / 2 })) }
}

function wrap(items: LegendItem[], width: number): { item: LegendItem; x: number; row: number }[] {
  let [x, row] = [0, 0]
  return items.map((item) => {
    const wide = 24 + textWidth(item.label, SIZE.legend) + 14
    if (x > 0 && x + wide > width) [x, row] = [0, row + 1]
    const at = { item, x, row }
    x += wide
    return at
  })
}

/** Round ticks of a linear axis; those of a narrow range with all the digits that tell them apart. */
export function linearTicks(low: number, high: number, about: number): Tick[] {
  const found = ticks({ kind: "linear", low, high, center: null }, about)
  if (new Set(found.map((tick) => tick.label)).size === found.length) return found
  return found.map(({ value }) => ({ value, label: short(value, 7) }))
}
