/**
 * Pictures of what is shown, as they would be printed: titles over the pictures, captions below, one colour bar where one stands for all.
 *
 * The layout is the same for pixels and for SVG. Every view draws itself; what stands around it is drawn here, the colour bars from the
 * same SVG that is on the page.
 */

import type { View } from "../../contract"
import { barSvg } from "../colorbar"
import { svg } from "../dom"
import type { Bar } from "../plan"

/** A picture with its words. */
export interface Plate {
  title: string
  caption: string
  view: View
  bar: Bar | null
  width: number
  height: number
}

export interface Sheet {
  plates: readonly Plate[]
  /** stands for all plates; their own bars are null then */
  bar: Bar | null
  ground: string
  ink: string
  muted: string
  captions: boolean
}

const FONT = 'Inter, ui-sans-serif, system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
const MARGIN = 24
const GAP = 24
const TITLE = 34
const LINE = 16
const CAPTION_LINES = 3
const BAR = 58
const BAR_WIDTH = 380
const COLUMNS = [1, 1, 2, 3, 2, 3, 3]

interface Text {
  x: number
  y: number
  text: string
  size: number
  weight: number
  color: string
}

interface Layout {
  width: number
  height: number
  pictures: { x: number; y: number; width: number; height: number }[]
  texts: Text[]
  bars: { x: number; y: number; element: SVGSVGElement }[]
}

/** Where everything lies. `measure` gives the width of 12-pixel text. */
export function layOut(sheet: Sheet, measure: (text: string) => number): Layout {
  const { plates } = sheet
  const columns = Math.min(COLUMNS[plates.length] ?? 3, plates.length)
  const rows = Math.ceil(plates.length / columns)
  const [wide, high] = [Math.max(...plates.map(({ width }) => width)), Math.max(...plates.map(({ height }) => height))]
  const captions = plates.map(({ caption }) => (sheet.captions ? wrap(caption, wide, measure, CAPTION_LINES) : []))
  const own = plates.some(({ bar }) => bar) ? BAR : 0
  const foot = own + LINE * Math.max(...captions.map((lines) => lines.length)) + (sheet.captions ? 6 : 0)
  const cell = TITLE + high + foot
  const width = 2 * MARGIN + columns * wide + (columns - 1) * GAP
  const out: Layout = {
    width,
    height: 2 * MARGIN + rows * cell + (rows - 1) * GAP + (sheet.bar ? BAR : 0),
    pictures: [],
    texts: [],
    bars: [],
  }
  plates.forEach((plate, k) => {
    const x = MARGIN + (k % columns) * (wide + GAP)
    const y = MARGIN + Math.floor(k / columns) * (cell + GAP)
    out.texts.push({
      x,
      y: y + 18,
      text: fitted(plate.title, wide, (text) => measure(text) * 1.5),
      size: 17,
      weight: 600,
      color: sheet.ink,
    })
    out.pictures.push({ x, y: y + TITLE, width: wide, height: high })
    const barWidth = Math.min(BAR_WIDTH, wide)
    if (plate.bar) out.bars.push({ x: x + (wide - barWidth) / 2, y: y + TITLE + high + 4, element: barSvg(plate.bar, barWidth, sheet.ink) })
    captions[k].forEach((text, line) => {
      out.texts.push({ x, y: y + TITLE + high + own + LINE * (line + 1), text, size: 12, weight: 400, color: sheet.muted })
    })
  })
  if (sheet.bar) {
    const barWidth = Math.min(BAR_WIDTH, width - 2 * MARGIN)
    out.bars.push({ x: (width - barWidth) / 2, y: out.height - MARGIN - BAR + 10, element: barSvg(sheet.bar, barWidth, sheet.ink) })
  }
  return out
}

/** Lines no wider than `width`, at most so many; what does not fit ends in an ellipsis. */
export function wrap(text: string, width: number, measure: (text: string) => number, most: number): string[] {
  const words = text.split(/\s+/).filter(Boolean)
  const lines: string[] = []
  while (words.length && lines.length < most) {
    let line = words.shift()!
    while (words.length && measure(`${line} ${words[0]}`) <= width) line += ` ${words.shift()}`
    if (words.length && lines.length === most - 1) line = `${line} …`
    lines.push(fitted(line, width, measure))
  }
  return lines
}

function fitted(text: string, width: number, measure: (text: string) => number): string {
  if (measure(text) <= width) return text
  let [low, high] = [0, text.length]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (measure(`${text.slice(0, middle)}…`) <= width) low = middle
    else high = middle - 1
  }
  return `${text.slice(0, low).trimEnd()}…`
}

/** Measures as the canvas draws. */
function ruler(): (text: string) => number {
  const pen = document.createElement("canvas").getContext("2d")!
  pen.font = `12px ${FONT}`
  return (text) => pen.measureText(text).width
}

/** The sheet in pixels, `scale` of them for one on the page. Both sides are even, as films need. */
export async function paintSheet(sheet: Sheet, scale: number): Promise<HTMLCanvasElement> {
  const layout = layOut(sheet, ruler())
  const canvas = document.createElement("canvas")
  canvas.width = 2 * Math.round((layout.width * scale) / 2)
  canvas.height = 2 * Math.round((layout.height * scale) / 2)
  const pen = canvas.getContext("2d", { willReadFrequently: true })!
  pen.fillStyle = sheet.ground
  pen.fillRect(0, 0, canvas.width, canvas.height)
  pen.scale(scale, scale)
  for (let k = 0; k < sheet.plates.length; k++) {
    const image = await sheet.plates[k].view.canvas(scale)
    const { x, y, width, height } = layout.pictures[k]
    const shrink = Math.min(width / image.width, height / image.height)
    const [w, h] = [image.width * shrink, image.height * shrink]
    pen.drawImage(image, x + (width - w) / 2, y + (height - h) / 2, w, h)
  }
  for (const { x, y, text, size, weight, color } of layout.texts) {
    pen.font = `${weight} ${size}px ${FONT}`
    pen.fillStyle = color
    pen.fillText(text, x, y)
  }
  for (const { x, y, element } of layout.bars) {
    pen.save()
    pen.translate(x, y)
    paintBar(pen, element)
    pen.restore()
  }
  return canvas
}

/** A colour bar on a canvas, from the few shapes that its SVG is made of. */
function paintBar(pen: CanvasRenderingContext2D, bar: SVGSVGElement): void {
  const get = (element: Element, name: string) => Number(element.getAttribute(name))
  for (const element of bar.children) {
    const fill = element.getAttribute("fill") ?? ""
    if (element.tagName === "rect") {
      pen.fillStyle = fill.startsWith("url") ? gradient(pen, bar, get(element, "x"), get(element, "width")) : fill
      pen.fillRect(get(element, "x"), get(element, "y"), get(element, "width"), get(element, "height"))
    } else if (element.tagName === "line") {
      pen.fillStyle = element.getAttribute("stroke")!
      pen.fillRect(get(element, "x1") - 0.5, get(element, "y1"), 1, get(element, "y2") - get(element, "y1"))
    } else if (element.tagName === "text") {
      pen.font = element.classList.contains("colorbar-title") ? `550 12px ${FONT}` : `11px ${FONT}`
      pen.textAlign = element.getAttribute("text-anchor") === "middle" ? "center" : "start"
      pen.fillStyle = fill
      pen.fillText(element.textContent ?? "", get(element, "x"), get(element, "y"))
    }
  }
}

function gradient(pen: CanvasRenderingContext2D, bar: SVGSVGElement, x: number, width: number): CanvasGradient {
  const out = pen.createLinearGradient(x, 0, x + width, 0)
  for (const stop of bar.querySelectorAll("stop")) out.addColorStop(Number(stop.getAttribute("offset")), stop.getAttribute("stop-color")!)
  return out
}

/** The sheet as SVG, or null where a picture is solid and has none. */
export function drawSheet(sheet: Sheet, measure = ruler()): string | null {
  const layout = layOut(sheet, measure)
  const size = { width: layout.width, height: layout.height }
  const out = svg("svg", { viewBox: `0 0 ${size.width} ${size.height}`, ...size, "font-family": FONT })
  out.append(svg("rect", { ...size, fill: sheet.ground }))
  for (let k = 0; k < sheet.plates.length; k++) {
    const text = sheet.plates[k].view.svg?.()
    if (!text) return null
    const inner = new DOMParser().parseFromString(text, "image/svg+xml").documentElement
    const { x, y, width, height } = layout.pictures[k]
    if (!inner.getAttribute("viewBox"))
      inner.setAttribute("viewBox", `0 0 ${parseFloat(inner.getAttribute("width")!)} ${parseFloat(inner.getAttribute("height")!)}`)
    for (const [name, value] of Object.entries({ x, y, width, height })) inner.setAttribute(name, String(value))
    distinct(inner, `p${k}-`)
    out.append(document.importNode(inner, true))
  }
  for (const { x, y, text, size: px, weight, color } of layout.texts) {
    out.append(svg("text", { x, y, fill: color, "font-size": px, "font-weight": weight, text }))
  }
  for (const { x, y, element } of layout.bars) {
    element.setAttribute("x", String(x))
    element.setAttribute("y", String(y))
    element.setAttribute("font-size", "11")
    element.querySelector(".colorbar-title")?.setAttribute("font-size", "12")
    out.append(element)
  }
  return new XMLSerializer().serializeToString(out)
}

/** Ids of one picture must not be those of its neighbour. */
function distinct(root: Element, prefix: string): void {
  const ids = new Set([...root.querySelectorAll("[id]")].map(({ id }) => id))
  if (!ids.size) return
  for (const element of root.querySelectorAll("*")) {
    for (const { name, value } of [...element.attributes]) {
      if (name === "id") element.setAttribute(name, prefix + value)
      else if (/^(xlink:)?href$/.test(name) && ids.has(value.slice(1))) element.setAttribute(name, `#${prefix}${value.slice(1)}`)
      else if (value.includes("url(#"))
        element.setAttribute(
          name,
          value.replace(/url\(#([^)]+)\)/g, (all, id) => (ids.has(id) ? `url(#${prefix}${id})` : all)),
        )
    }
  }
}
