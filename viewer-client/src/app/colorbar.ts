/** Colour bars: one model, drawn as SVG on the page and in saved pictures. */

import { colorAt, place, ticks, valueAt } from "../scale"
import { svg } from "./dom"
import type { Bar } from "./plan"

const STOPS = 32
const HEIGHT = 10

let made = 0

export function css(color: [number, number, number] | null): string {
  return color ? `rgb(${color.join(" ")})` : "none"
}

/** The words over a bar. */
export function barTitle(bar: Bar): string {
  if (!bar.scale) return bar.label
  return `${bar.label}${bar.scale.kind === "log" ? ", log scale" : ""}${bar.clipped ? ", clipped" : ""}`
}

/** The bar as SVG, `width` × 46 units: the words, the colours, the ticks. The ink is that of the text around it. */
export function barSvg(bar: Bar, width: number, ink = "currentColor"): SVGSVGElement {
  const out = svg("svg", { viewBox: `0 0 ${width} 46`, width, height: 46, class: "colorbar", role: "img", "aria-label": barWords(bar) })
  out.append(svg("text", { x: width / 2, y: 11, "text-anchor": "middle", class: "colorbar-title", fill: ink, text: barTitle(bar) }))
  if (bar.scale) drawScale(out, bar, width, ink)
  else drawPair(out, bar, width, ink)
  return out
}

function drawScale(out: SVGSVGElement, bar: Bar, width: number, ink: string): void {
  const scale = bar.scale!
  const id = `bar${++made}`
  const gradient = svg("linearGradient", { id })
  for (let k = 0; k <= STOPS; k++) gradient.append(svg("stop", { offset: k / STOPS, "stop-color": css(colorAt(bar.map, k / STOPS)) }))
  const inset = 12
  const length = width - 2 * inset
  out.append(svg("defs", {}, gradient))
  out.append(svg("rect", { x: inset, y: 18, width: length, height: HEIGHT, rx: 2, fill: `url(#${id})` }))
  let free = -Infinity
  for (const tick of ticks(scale, Math.max(2, Math.floor(length / 60)))) {
    const x = inset + length * place(scale, tick.value)
    out.append(svg("line", { x1: x, x2: x, y1: 18 + HEIGHT, y2: 32, stroke: ink, "stroke-opacity": 0.5 }))
    const half = 3.4 * tick.label.length
    if (x - half < free) continue
    free = x + half + 8
    out.append(svg("text", { x, y: 43, "text-anchor": "middle", class: "colorbar-tick", fill: ink, text: tick.label }))
  }
}

function drawPair(out: SVGSVGElement, bar: Bar, width: number, ink: string): void {
  bar.pair!.forEach(([word, at], k) => {
    const x = width / 2 - 92 + 100 * k
    out.append(svg("rect", { x, y: 20, width: 12, height: 12, rx: 2, fill: css(colorAt(bar.map, at)) }))
    out.append(svg("text", { x: x + 18, y: 30, class: "colorbar-tick", fill: ink, text: word }))
  })
}

/** The bar for those who do not see it. */
export function barWords(bar: Bar): string {
  if (!bar.scale) return `colours: ${bar.pair!.map(([word]) => word).join(", ")}`
  const ends = [0, 1].map((at) => valueAt(bar.scale!, at).toPrecision(3))
  return `colour scale of ${barTitle(bar)}, from ${ends[0]} to ${ends[1]}`
}
