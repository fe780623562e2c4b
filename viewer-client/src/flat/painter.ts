/**
 * One way to draw for two kinds of paper: a canvas, for the screen and PNG, and SVG, whose shapes stay shapes.
 *
 * What is drawn is told to a Painter in pixels of the picture; everything stands in attributes, so that the SVG needs no style sheet.
 */

import { FONT } from "../chart/ink"
import type { Raster } from "./raster"

export interface Stroke {
  color: string
  width: number
  dash?: readonly number[]
  opacity?: number
}

export interface Lettering {
  size: number
  color: string
  align?: "start" | "middle" | "end"
  baseline?: "top" | "middle" | "bottom"
  /** radians, clockwise on the screen */
  angle?: number
  /** the colour of an outline below the letters */
  halo?: string
  bold?: boolean
}

export interface Painter {
  line(points: ArrayLike<number>, stroke: Stroke, closed?: boolean): void
  area(points: ArrayLike<number>, fill: string, stroke?: Stroke): void
  rect(x: number, y: number, width: number, height: number, fill: string | null, stroke?: Stroke): void
  circle(x: number, y: number, radius: number, fill: string | null, stroke?: Stroke): void
  text(x: number, y: number, text: string, letters: Lettering): void
  /** smooth asks for interpolation between its pixels where it is enlarged */
  image(raster: Raster, x: number, y: number, width: number, height: number): void
  clipped(x: number, y: number, width: number, height: number, inside: () => void): void
}

/** The corners of a star with five points. */
export function star(x: number, y: number, radius: number): Float64Array {
  const out = new Float64Array(20)
  for (let k = 0; k < 10; k++) {
    const reach = k % 2 ? 0.45 * radius : radius
    out[2 * k] = x + reach * Math.sin((k * Math.PI) / 5)
    out[2 * k + 1] = y - reach * Math.cos((k * Math.PI) / 5)
  }
  return out
}

export class CanvasPainter implements Painter {
  constructor(private readonly context: CanvasRenderingContext2D) {}

  line(points: ArrayLike<number>, stroke: Stroke, closed = false): void {
    if (points.length < 4) return
    this.path(points, closed)
    this.stroke(stroke)
  }

  area(points: ArrayLike<number>, fill: string, stroke?: Stroke): void {
    this.path(points, true)
    this.context.fillStyle = fill
    this.context.fill()
    if (stroke) this.stroke(stroke)
  }

  rect(x: number, y: number, width: number, height: number, fill: string | null, stroke?: Stroke): void {
    this.context.beginPath()
    this.context.rect(x, y, width, height)
    this.finish(fill, stroke)
  }

  circle(x: number, y: number, radius: number, fill: string | null, stroke?: Stroke): void {
    this.context.beginPath()
    this.context.arc(x, y, radius, 0, 2 * Math.PI)
    this.finish(fill, stroke)
  }

  text(x: number, y: number, text: string, letters: Lettering): void {
    const { context } = this
    context.save()
    context.translate(x, y)
    if (letters.angle) context.rotate(letters.angle)
    context.font = `${letters.bold ? "600 " : ""}${letters.size}px ${FONT}`
    context.textAlign = letters.align === "middle" ? "center" : letters.align ?? "start"
    context.textBaseline = "alphabetic"
    const dy = drop(letters)
    if (letters.halo) {
      context.lineJoin = "round"
      context.lineWidth = 3
      context.strokeStyle = letters.halo
      context.strokeText(text, 0, dy)
    }
    context.fillStyle = letters.color
    context.fillText(text, 0, dy)
    context.restore()
  }

  image(raster: Raster, x: number, y: number, width: number, height: number): void {
    this.context.imageSmoothingEnabled = false
    this.context.drawImage(canvasOf(raster), x, y, width, height)
  }

  clipped(x: number, y: number, width: number, height: number, inside: () => void): void {
    this.context.save()
    this.context.beginPath()
    this.context.rect(x, y, width, height)
    this.context.clip()
    inside()
    this.context.restore()
  }

  private path(points: ArrayLike<number>, closed: boolean): void {
    this.context.beginPath()
    let pen = false
    for (let k = 0; k + 1 < points.length; k += 2) {
      const there = Number.isFinite(points[k]) && Number.isFinite(points[k + 1])
      if (there) this.context[pen ? "lineTo" : "moveTo"](points[k], points[k + 1])
      pen = there
    }
    if (closed) this.context.closePath()
  }

  private finish(fill: string | null, stroke?: Stroke): void {
    if (fill) {
      this.context.fillStyle = fill
      this.context.fill()
    }
    if (stroke) this.stroke(stroke)
  }

  private stroke(stroke: Stroke): void {
    const { context } = this
    context.lineJoin = "round"
    context.strokeStyle = stroke.color
    context.lineWidth = stroke.width
    context.globalAlpha = stroke.opacity ?? 1
    context.setLineDash([...(stroke.dash ?? [])])
    context.stroke()
    context.setLineDash([])
    context.globalAlpha = 1
  }
}

/** How far the line of letters lies below the place that they are put at. */
function drop(letters: Lettering): number {
  const share = { top: 0.76, middle: 0.35, bottom: -0.24 }
  return letters.baseline ? share[letters.baseline] * letters.size : 0
}

/** A raster on a canvas of its own. */
export function canvasOf(raster: Raster): HTMLCanvasElement {
  const canvas = document.createElement("canvas")
  canvas.width = raster.width
  canvas.height = raster.height
  const context = canvas.getContext("2d")
  if (!context) throw new Error("this browser gives no 2-D canvas")
  context.putImageData(new ImageData(raster.pixels, raster.width, raster.height), 0, 0)
  return canvas
}

/** A raster as the address of a PNG. */
export function pngAddress(raster: Raster): string {
  return canvasOf(raster).toDataURL("image/png")
}

export const SVG = "http://www.w3.org/2000/svg"

/** An SVG element with attributes, text and children. */
export function node(name: string, attributes: Record<string, string | number | undefined> = {}, ...inside: (Node | string)[]): SVGElement {
  const made = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined) made.setAttribute(key, typeof value === "number" ? tidy(value) : value)
  }
  made.append(...inside)
  return made
}

/** A number of an attribute, to a hundredth of a pixel. */
export function tidy(value: number): string {
  return String(Math.round(value * 100) / 100)
}

export class SvgPainter implements Painter {
  readonly root: SVGElement
  private into: SVGElement
  private clips = 0

  /** `prefix` begins the ids in it, which are unique in a page; `encode` makes an address of a raster: a PNG in a data URI. */
  constructor(
    width: number, height: number, private readonly prefix = "", private readonly encode: (raster: Raster) => string = pngAddress,
  ) {
    this.root = node("svg", { width, height, viewBox: `0 0 ${tidy(width)} ${tidy(height)}`, "font-family": FONT })
    this.into = this.root
  }

  toString(): string {
    return new XMLSerializer().serializeToString(this.root)
  }

  line(points: ArrayLike<number>, stroke: Stroke, closed = false): void {
    const d = pathOf(points, closed)
    if (d) this.into.append(node("path", { d, fill: "none", ...strokeOf(stroke) }))
  }

  area(points: ArrayLike<number>, fill: string, stroke?: Stroke): void {
    this.into.append(node("path", { d: pathOf(points, true), fill, ...(stroke ? strokeOf(stroke) : {}) }))
  }

  rect(x: number, y: number, width: number, height: number, fill: string | null, stroke?: Stroke): void {
    this.into.append(node("rect", { x, y, width, height, fill: fill ?? "none", ...(stroke ? strokeOf(stroke) : {}) }))
  }

  circle(x: number, y: number, radius: number, fill: string | null, stroke?: Stroke): void {
    this.into.append(node("circle", { cx: x, cy: y, r: radius, fill: fill ?? "none", ...(stroke ? strokeOf(stroke) : {}) }))
  }

  text(x: number, y: number, text: string, letters: Lettering): void {
    const turned = letters.angle ? `translate(${tidy(x)} ${tidy(y)}) rotate(${tidy((letters.angle * 180) / Math.PI)})` : undefined
    const halo = letters.halo ? { stroke: letters.halo, "stroke-width": 3, "stroke-linejoin": "round", "paint-order": "stroke" } : {}
    this.into.append(node("text", {
      x: turned ? 0 : x, y: (turned ? 0 : y) + drop(letters), transform: turned, "font-size": letters.size, fill: letters.color,
      "text-anchor": letters.align === "start" ? undefined : letters.align, "font-weight": letters.bold ? 600 : undefined, ...halo,
    }, text))
  }

  image(raster: Raster, x: number, y: number, width: number, height: number): void {
    const href = this.encode(raster)
    this.into.append(node("image", { x, y, width, height, href, preserveAspectRatio: "none", "image-rendering": "pixelated" }))
  }

  /** What is drawn inside stands in a group of its own. */
  group(attributes: Record<string, string | number | undefined>, inside: () => void): SVGElement {
    const outer = this.into
    const made = (this.into = node("g", attributes))
    outer.append(made)
    inside()
    this.into = outer
    return made
  }

  clipped(x: number, y: number, width: number, height: number, inside: () => void): void {
    const id = `${this.prefix}clip${++this.clips}`
    const outer = this.into
    this.into = node("g", { "clip-path": `url(#${id})` })
    outer.append(node("clipPath", { id }, node("rect", { x, y, width, height })), this.into)
    inside()
    this.into = outer
  }
}

/** The d of a path; what is not finite breaks it. */
export function pathOf(points: ArrayLike<number>, closed = false): string {
  const out: string[] = []
  let pen = false
  for (let k = 0; k + 1 < points.length; k += 2) {
    const there = Number.isFinite(points[k]) && Number.isFinite(points[k + 1])
    if (there) out.push(`${pen ? "L" : "M"}${tidy(points[k])} ${tidy(points[k + 1])}`)
    pen = there
  }
  return out.join("") + (closed && out.length ? "Z" : "")
}

function strokeOf(stroke: Stroke): Record<string, string | number | undefined> {
  return {
    stroke: stroke.color, "stroke-width": stroke.width, "stroke-dasharray": stroke.dash?.join(" "), "stroke-opacity": stroke.opacity,
    "stroke-linejoin": "round",
  }
}
