/** A panel: grid, marks, axes, rules' words, words beside points, legend and colour bar. */

import { beside, overlap, type Box } from "../flat/beside"
import type { Painter } from "../flat/painter"
import type { Raster } from "../flat/raster"
import { colorAt, place, type Scale } from "../scale"
import type { Mark, PointsMark } from "../types"
import { axisTicks, chartAxis, named, type ChartAxis } from "./axis"
import { lineColor, numbersOf, SIZE, textWidth } from "./ink"
import { slanted, type Place } from "./layout"
import { contrast, drawHole, drawMark, drawPoint, hatch, mixed, strokeOf, toPx, toPy, type Ground } from "./marks"

/** How much wider bold letters are. */
const BOLD = 1.08

/** Draw everything of a panel but its legend. */
export function drawPanel(on: Ground, at: Place, shown: readonly Mark[]): void {
  const { painter, panel, frame, ink } = on
  if (panel.title) {
    const room = at.titleRoom / BOLD
    const size = textWidth(panel.title, SIZE.title) <= room ? SIZE.title : SIZE.word
    painter.text(frame.left + frame.width / 2, at.titleAt, clip(panel.title, room, size), {
      size, color: ink.text, align: "middle", bold: true,
    })
  }
  if (!panel.marks.length) return
  const { left, top, width, height } = frame
  if (panel.z === null) drawGrid(on)
  const words: PointsMark[] = []
  painter.clipped(left, top, width, height, () => {
    for (const mark of shown) {
      drawMark(on, mark)
      if (mark.mark === "Points" && mark.texts.some(Boolean)) words.push(mark)
    }
  })
  drawAxes(on, at)
  const boxes: Box[] = []
  drawRuleWords(on, shown, boxes)
  drawWords(on, words, shown, boxes)
  if (at.bar && on.z) drawBar(on, at, on.z)
}

const across = (width: number) => Math.max(2, Math.min(8, width / 75))
const upwards = (height: number) => Math.max(2, Math.min(7, height / 34))

function drawGrid(on: Ground): void {
  const { painter, ink, frame, panel } = on
  const bars = panel.marks.some((mark) => mark.mark === "Bars")
  for (const { value } of axisTicks(on.x, across(frame.width))) {
    const x = toPx(on, value)
    painter.line([x, frame.top, x, frame.top + frame.height], { color: ink.grid, width: 1 })
  }
  if (bars) return
  for (const { value } of axisTicks(on.y, upwards(frame.height))) {
    const y = toPy(on, value)
    painter.line([frame.left, y, frame.left + frame.width, y], { color: ink.grid, width: 1 })
  }
}

function drawAxes(on: Ground, at: Place): void {
  const { painter, ink, frame, panel } = on
  const { left, top, width, height } = frame
  painter.rect(left, top, width, height, null, { color: ink.axis, width: 1 })
  if (at.xShown) drawX(on, at)
  if (!at.yShown) return
  let [wide, free] = [0, Infinity]
  const names = named(panel.y)
  const upward = axisTicks(on.y, upwards(height)).map((tick) => ({ ...tick, y: toPy(on, tick.value) })).sort((a, b) => b.y - a.y)
  for (const { y, label } of upward) {
    if (!names) painter.line([left - 4, y, left, y], { color: ink.axis, width: 1 })
    if (y + 5 > free) continue
    free = y - 6
    const text = clip(label, left - 12, SIZE.tick)
    painter.text(left - 7, y, text, { size: SIZE.tick, color: ink.text, align: "end", baseline: "middle" })
    wide = Math.max(wide, textWidth(text, SIZE.tick))
  }
  const lines = wrapped(panel.y.label, height + 6, SIZE.label)
  lines.forEach((line, k) => {
    const x = Math.max(left - wide - 19, 8 + 15 * (lines.length - 1)) - 15 * (lines.length - 1 - k)
    painter.text(x, top + height / 2, line, { size: SIZE.label, color: ink.text, align: "middle", baseline: "middle", angle: -Math.PI / 2 })
  })
}

/** A label in one line, or in two where it is longer than its axis. */
export function wrapped(text: string, width: number, size: number): string[] {
  if (!text) return []
  if (textWidth(text, size) <= width) return [text]
  const words = text.split(" ")
  let first = words.shift() ?? ""
  while (words.length && textWidth(`${first} ${words[0]}`, size) <= width) first += ` ${words.shift()}`
  return words.length ? [clip(first, width, size), clip(words.join(" "), width, size)] : [clip(first, width, size)]
}

function drawX(on: Ground, at: Place): void {
  const { painter, ink, frame, panel } = on
  const bottom = frame.top + frame.height
  const slant = slanted(panel, frame.width)
  let [free, low] = [-Infinity, 0]
  for (const { value, label } of axisTicks(on.x, across(frame.width))) {
    const x = toPx(on, value)
    painter.line([x, bottom, x, bottom + 4], { color: ink.axis, width: 1 })
    const half = slant ? 6 : textWidth(label, SIZE.tick) / 2
    if (x - half < free) continue
    free = x + half + 4
    if (slant) {
      const text = clip(label, 120, SIZE.tick)
      painter.text(x + 4, bottom + 9, text, { size: SIZE.tick, color: ink.text, align: "end", baseline: "middle", angle: -Math.PI / 4 })
      low = Math.max(low, textWidth(text, SIZE.tick) * 0.72)
    } else painter.text(x, bottom + 7, label, { size: SIZE.tick, color: ink.text, align: "middle", baseline: "top" })
  }
  const words = clip(at.panel.x.label, frame.width + 80, SIZE.label)
  painter.text(frame.left + frame.width / 2, bottom + 23 + low, words,
    { size: SIZE.label, color: ink.text, align: "middle", baseline: "top" })
}

/** A word cut to a width, with dots at its end. */
export function clip(text: string, width: number, size: number): string {
  if (textWidth(text, size) <= width) return text
  let kept = text
  while (kept.length > 1 && textWidth(`${kept}…`, size) > width) kept = kept.slice(0, -1)
  return `${kept.trimEnd()}…`
}

/** Words of rules: at the upper end of vertical ones, in rows where they are close to each other; above the right end of others. */
function drawRuleWords(on: Ground, shown: readonly Mark[], boxes: Box[]): void {
  const { painter, ink, frame } = on
  const letters = { size: SIZE.word, color: ink.faint, halo: ink.halo }
  for (const rule of shown) {
    if (rule.mark !== "Rule" || !rule.label) continue
    const wide = textWidth(rule.label, SIZE.word)
    if (rule.across === "y") {
      const y = toPy(on, rule.at)
      if (y < frame.top || y > frame.top + frame.height) continue
      const up = y - 6 - SIZE.word > frame.top
      painter.text(frame.left + frame.width - 5, up ? y - 5 : y + 12, rule.label, { ...letters, align: "end" })
      boxes.push([frame.left + frame.width - 5 - wide, y - 16, frame.left + frame.width, y])
      continue
    }
    const x = toPx(on, rule.at)
    if (x < frame.left - 1 || x > frame.left + frame.width + 1) continue
    const far = x + wide + 8 > frame.left + frame.width
    const box = (row: number): Box => {
      const y = frame.top + 4 + 13 * row
      return far ? [x - 4 - wide, y, x - 2, y + 12] : [x + 2, y, x + 6 + wide, y + 12]
    }
    let row = 0
    while (boxes.some((other) => overlap(box(row), other)) && 13 * (row + 2) < frame.height) row++
    boxes.push(box(row))
    painter.text(far ? x - 4 : x + 4, box(row)[1] + 10, rule.label, { ...letters, align: far ? "end" : "start" })
  }
}

/** Words beside points; those of cells stand in their middle, in the ink that is read there. */
function drawWords(on: Ground, words: readonly PointsMark[], shown: readonly Mark[], boxes: Box[]): void {
  const { painter, ink, frame, panel } = on
  for (const mark of shown) {
    if (mark.mark !== "Points" || mark.marker === "speck" || mark.marker === "word") continue
    numbersOf(mark.x).forEach((value, k) => {
      const [x, y] = [toPx(on, value), toPy(on, Number(mark.y[k]))]
      boxes.push([x - 5, y - 5, x + 5, y + 5])
    })
  }
  for (const mark of words) {
    const room = (frame.width / Math.max(panel.x.ticks.length, 1) - 4) / Math.max(...mark.texts.map((text) => textWidth(text, 1)))
    numbersOf(mark.x).forEach((value, k) => {
      const text = mark.texts[k]
      const [x, y] = [toPx(on, value), toPy(on, Number(mark.y[k]))]
      if (!text || x < frame.left || x > frame.left + frame.width || y < frame.top || y > frame.top + frame.height) return
      if (mark.marker === "word") {
        const size = Math.min(SIZE.word, room)
        if (size >= 6) painter.text(x, y, text, { size, color: cellInk(on, mark, k), align: "middle", baseline: "middle" })
        return
      }
      const spot = beside(x, y, textWidth(text, SIZE.word), frame, boxes)
      painter.text(spot.x, spot.y, text, { size: SIZE.word, color: ink.text, baseline: "middle", halo: ink.halo })
    })
  }
}

function cellInk(on: Ground, mark: PointsMark, k: number): string {
  const value = mark.z ? numbersOf((mark.z as unknown[]).flat() as number[])[k] : NaN
  return on.z && Number.isFinite(place(on.z, value)) ? contrast(colorAt(on.map, place(on.z, value))) : on.ink.text
}

function drawBar(on: Ground, at: Place, scale: Scale): void {
  const { painter, ink, panel, map } = on
  if (!at.bar || !panel.z) return
  const { left, top, width, height } = at.bar
  painter.image(barRaster(map), left, top, width, height)
  painter.rect(left, top, width, height, null, { color: ink.axis, width: 1 })
  const axis: ChartAxis = chartAxis(panel.z, [scale.low, scale.high], null)
  let [wide, free] = [0, Infinity]
  for (const { value, label } of axisTicks(axis, upwards(height))) {
    const y = top + height * (1 - place(scale, value))
    painter.line([left + width, y, left + width + 4, y], { color: ink.axis, width: 1 })
    if (y + 5 > free) continue
    free = y - 6
    painter.text(left + width + 7, y, label, { size: SIZE.tick, color: ink.text, baseline: "middle" })
    wide = Math.max(wide, textWidth(label, SIZE.tick))
  }
  painter.text(left + width + wide + 17, top + height / 2, clip(panel.z.label, height + 40, SIZE.label), {
    size: SIZE.label, color: ink.text, align: "middle", baseline: "middle", angle: -Math.PI / 2,
  })
}

function barRaster(map: Ground["map"]): Raster {
  const pixels = new Uint8ClampedArray(4 * 256)
  for (let k = 0; k < 256; k++) pixels.set([...(colorAt(map, (255 - k) / 255) ?? [0, 0, 0]), 255], 4 * k)
  return { width: 1, height: 256, pixels }
}

/** The sign of a mark in the legend, 20 pixels wide, its middle line at y. */
export function drawSign(painter: Painter, mark: Mark, on: Pick<Ground, "ink">, x: number, y: number): void {
  const { ink } = on
  if (mark.mark === "Line") painter.line([x, y, x + 20, y], strokeOf(mark, ink))
  else if (mark.mark === "Band") painter.rect(x, y - 5, 20, 10, mixed(lineColor(ink, mark.color), 0.25))
  else if (mark.mark === "Holes") drawHole(painter, ink, mark.why, x, y - 5, 20, 10)
  else if (mark.mark === "Veil") painter.rect(x, y - 5, 20, 10, ink.veil, { color: ink.faint, width: 0.6 })
  else if (mark.mark === "Ticks") {
    const color = lineColor(ink, mark.color)
    painter.line([x, y, x + 20, y], { color, width: 1.3 })
    painter.circle(x + 10, y, 3, mark.filled ? color : ink.paper, { color, width: 1.2 })
  } else if (mark.mark === "Bars") {
    const color = lineColor(ink, mark.color)
    painter.rect(x, y - 5, 20, 10, mark.filled ? color : ink.paper, { color, width: 1 })
    if (!mark.filled) hatch(painter, x, y - 5, 20, 10, color)
  } else if (mark.mark === "Points") {
    const color = mark.color === null ? ink.lines[6] : lineColor(ink, mark.color)
    if (mark.joined || mark.marker === "trace") painter.line([x, y, x + 20, y], { color, width: 1.4 })
    if (mark.marker !== "trace") drawPoint(painter, mark, ink, x + 10, y, 0, 1)
  }
}
