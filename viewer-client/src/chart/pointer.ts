/**
 * Hands on a chart: the read-out follows the pointer or the arrow keys, a drag marks a range to zoom to, the wheel and two fingers zoom, a
 * double click shows everything again.
 *
 * Curves above one x axis are read together, wherever the pointer is. Where the picture is taller than its tile the wheel scrolls, and
 * zooms with the control key.
 */

import { node } from "../flat/painter"
import type { Readout } from "../contract"
import { axisKey } from "./axis"
import { axesOf, type Chart } from "./draw"
import { inkOf, lineColor } from "./ink"
import type { Place } from "./layout"
import { toPx, toPy, type Axes } from "./marks"
import { nearestStop, read, stopsOf, type Stop } from "./reading"

interface At {
  x: number
  y: number
}

export class Pointer {
  readonly layer = node("g", { "pointer-events": "none" })
  private place: number | null = null
  private stop: Stop | null = null
  private brush: { from: At; to: At; place: Place } | null = null
  private readonly down = new Map<number, At>()
  private readonly controller = new AbortController()

  constructor(
    private readonly element: HTMLElement, private readonly chart: () => Chart | null, private readonly repaint: () => void,
    private readonly say: (readout: Readout | null) => void,
  ) {
    const hear = <K extends keyof HTMLElementEventMap>(name: K, act: (event: HTMLElementEventMap[K]) => void, passive = true) =>
      element.addEventListener(name, act, { signal: this.controller.signal, passive })
    hear("pointerdown", (event) => this.press(event))
    hear("pointermove", (event) => this.move(event))
    hear("pointerup", (event) => this.release(event, true))
    hear("pointercancel", (event) => this.release(event, false))
    hear("pointerleave", (event) => event.pointerType === "mouse" && !this.down.size && this.rest())
    hear("dblclick", () => this.reset())
    hear("wheel", (event) => this.wheel(event), false)
    hear("keydown", (event) => this.key(event), false)
    hear("blur", () => this.rest())
  }

  dispose(): void {
    this.controller.abort()
  }

  /** Draw the read-out again where it was, on a picture that is new. */
  redraw(): void {
    if (this.stop && this.place !== null) this.point(this.place, this.stop)
    else this.layer.replaceChildren()
  }

  private at(event: MouseEvent): At {
    const box = this.element.getBoundingClientRect()
    return { x: event.clientX - box.left + this.element.scrollLeft, y: event.clientY - box.top + this.element.scrollTop }
  }

  private under({ x, y }: At): Place | null {
    const room = 6
    return this.chart()?.layout.places.find(({ panel, frame }) => panel.marks.length > 0 && x >= frame.left - room
      && x <= frame.left + frame.width + room && y >= frame.top - room && y <= frame.top + frame.height + room) ?? null
  }

  private axes(place: Place): Axes {
    return axesOf(this.chart()!, place)
  }

  private press(event: PointerEvent): void {
    const at = this.at(event)
    this.down.set(event.pointerId, at)
    const place = this.under(at)
    if (event.pointerType === "mouse" && event.button === 0 && place) this.brush = { from: at, to: at, place }
    if (place) this.element.setPointerCapture?.(event.pointerId)
    this.hover(at)
  }

  private move(event: PointerEvent): void {
    const at = this.at(event)
    const before = this.down.get(event.pointerId)
    if (before && this.down.size === 2) this.pinch(event.pointerId, before, at)
    if (before) this.down.set(event.pointerId, at)
    if (this.brush) this.brush.to = at
    this.hover(at)
  }

  private release(event: PointerEvent, done: boolean): void {
    this.down.delete(event.pointerId)
    const { brush } = this
    this.brush = null
    if (!brush || !done || Math.abs(brush.to.x - brush.from.x) < 6) return this.redraw()
    const { frame } = brush.place
    const share = (x: number) => Math.min(1, Math.max(0, (x - frame.left) / frame.width))
    const { x } = this.axes(brush.place)
    const [low, high] = [share(brush.from.x), share(brush.to.x)].sort((a, b) => a - b).map((at) => x.value(at))
    if (!brush.place.panel.equal) this.zoomTo(brush.place, "x", [low, high])
  }

  private hover(at: At): void {
    const chart = this.chart()
    const place = this.under(at)
    if (!chart || !place) return this.rest()
    const on = this.axes(place)
    const toPixels = (x: number, y: number): [number, number] => [toPx(on, x), toPy(on, y)]
    const { frame } = place
    const back = (px: number, py: number): [number, number] =>
      [on.x.value((px - frame.left) / frame.width), on.y.value(1 - (py - frame.top) / frame.height)]
    const stop = nearestStop(this.seen(place, on), place.panel, at.x, at.y, toPixels, back)
    if (stop) this.point(place.index, stop)
    else this.rest()
  }

  /** The stops that lie in the zoomed range. */
  private seen(place: Place, on: Axes): Stop[] {
    const chart = this.chart()!
    const inside = (share: number) => share >= -0.001 && share <= 1.001
    const there = (stop: Stop) => inside(on.x.at(stop.x)) && (stop.kind === "x" || inside(on.y.at(stop.y)))
    return stopsOf(place.panel, chart.hidden, chart.figure).filter(there)
  }

  private rest(): void {
    if (this.stop) this.say(null)
    this.stop = this.place = null
    this.layer.replaceChildren()
  }

  /** Read out a stop: in its panel, and the curves of all panels on the same x. */
  private point(index: number, stop: Stop): void {
    const chart = this.chart()
    const place = chart?.layout.places.find((one) => one.index === index)
    if (!chart || !place) return this.rest()
    this.place = index
    this.stop = stop
    const key = axisKey(place.panel.x, "x")
    const alike = chart.layout.places.filter((one) => one.panel.z === null && axisKey(one.panel.x, "x") === key)
    const together = stop.kind === "x" ? alike : [place]
    const lines: [string, string][] = []
    const drawn: Node[] = []
    for (const one of together) {
      const on = this.axes(one)
      const { lines: said, dots } = read(one.panel, stop, chart.hidden, chart.figure, (a, b) => Math.abs(toPx(on, a) - toPx(on, b)))
      lines.push(...(lines.length ? said.slice(1) : said))
      drawn.push(...this.signs(on, stop, dots))
    }
    if (this.brush) drawn.push(this.brushBox(this.brush))
    this.layer.replaceChildren(...drawn)
    this.say({ lines })
  }

  private signs(on: Axes, stop: Stop, dots: { x: number; y: number; color: number | null }[]): Node[] {
    const { left, top, width, height } = on.frame
    const ink = inkOf(this.chart()!.look.theme)
    const x = toPx(on, stop.x)
    const out: Node[] = []
    const faint = { stroke: ink.faint, "stroke-width": 1, "stroke-opacity": 0.8 }
    const guided = stop.kind === "x" || (stop.kind === "point" && !on.panel.equal && on.panel.z === null)
    if (guided) out.push(node("line", { x1: x, x2: x, y1: top, y2: top + height, ...faint }))
    for (const dot of dots) {
      const [px, py] = [toPx(on, dot.x), toPy(on, dot.y)]
      if (px < left - 1 || px > left + width + 1 || py < top - 1 || py > top + height + 1) continue
      const color = dot.color === null ? ink.text : lineColor(ink, dot.color)
      const look = stop.kind === "x" ? { fill: color, stroke: ink.paper } : { fill: "none", stroke: ink.text }
      out.push(node("circle", { cx: px, cy: py, r: 5, ...look, "stroke-width": 1.8 }))
    }
    return out
  }

  private brushBox({ from, to, place }: { from: At; to: At; place: Place }): Node {
    const { left, top, width, height } = place.frame
    const clamp = (x: number) => Math.min(left + width, Math.max(left, x))
    const [a, b] = [clamp(from.x), clamp(to.x)].sort((p, q) => p - q)
    const ink = inkOf(this.chart()!.look.theme)
    return node("rect", { x: a, y: top, width: b - a, height, fill: ink.lines[0], "fill-opacity": 0.15, stroke: ink.lines[0],
      "stroke-opacity": 0.6 })
  }

  private zoomTo(place: Place, side: "x" | "y", range: [number, number] | number[]): void {
    const chart = this.chart()
    if (!chart || !(range[0] < range[1])) return
    chart.zoom.set(axisKey(place.panel[side], side), [range[0], range[1]])
    this.repaint()
  }

  /** Show `factor` times as much of an axis around a share of it; all of it where that is more than everything. */
  private scale(place: Place, side: "x" | "y", share: number, factor: number): void {
    const chart = this.chart()
    if (!chart) return
    const on = this.axes(place)
    const axis = on[side]
    const whole = axesOf({ ...chart, zoom: new Map() }, place)[side]
    const [low, high] = [axis.value(share - share * factor), axis.value(share + (1 - share) * factor)].map(whole.at)
    if (high - low >= 0.999) chart.zoom.delete(axisKey(place.panel[side], side))
    else if (high - low > 1e-5) {
      const shift = low < 0 ? -low : high > 1 ? 1 - high : 0
      chart.zoom.set(axisKey(place.panel[side], side), [whole.value(low + shift), whole.value(high + shift)])
    }
    this.repaint()
  }

  private zoomAt(place: Place, at: At, factor: number): void {
    const { frame, panel } = place
    this.scale(place, "x", (at.x - frame.left) / frame.width, factor)
    if (panel.z !== null || panel.equal) this.scale(place, "y", 1 - (at.y - frame.top) / frame.height, factor)
  }

  private wheel(event: WheelEvent): void {
    const scrolls = this.element.scrollHeight > this.element.clientHeight + 1
    const at = this.at(event)
    const place = this.under(at)
    if (!place || (scrolls && !event.ctrlKey)) return
    event.preventDefault()
    const lines = event.deltaMode === 1 ? 16 : 1
    this.zoomAt(place, at, Math.exp(Math.max(-60, Math.min(60, event.deltaY * lines)) / 240))
  }

  private pinch(moving: number, from: At, to: At): void {
    const still = [...this.down].find(([id]) => id !== moving)?.[1]
    const place = still && this.under({ x: (to.x + still.x) / 2, y: (to.y + still.y) / 2 })
    if (!still || !place) return
    const [before, after] = [Math.hypot(from.x - still.x, from.y - still.y), Math.hypot(to.x - still.x, to.y - still.y)]
    if (before > 4 && after > 4) this.zoomAt(place, { x: (to.x + still.x) / 2, y: (to.y + still.y) / 2 }, before / after)
  }

  private reset(): void {
    this.chart()?.zoom.clear()
    this.repaint()
  }

  /** Arrows go from stop to stop, up and down from panel to panel; plus, minus zoom; Home and End go to the ends. */
  private key(event: KeyboardEvent): void {
    const chart = this.chart()
    if (!chart || event.ctrlKey || event.metaKey || event.altKey || event.target !== this.element) return
    const places = chart.layout.places.filter((place) => place.panel.marks.length)
    const now = Math.max(places.findIndex((place) => place.index === this.place), 0)
    const place = places[now]
    if (!place) return
    if (event.key === "ArrowUp" || event.key === "ArrowDown") this.toPanel(places[now + (event.key === "ArrowUp" ? -1 : 1)] ?? place)
    else if (["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) this.along(place, event.key, event.shiftKey ? 10 : 1)
    else if (event.key === "+" || event.key === "=" || event.key === "-") {
      const { frame } = place
      const x = this.stop ? toPx(this.axes(place), this.stop.x) : frame.left + frame.width / 2
      this.zoomAt(place, { x, y: frame.top + frame.height / 2 }, event.key === "-" ? 1.25 : 0.8)
    } else return
    event.preventDefault()
    event.stopPropagation()
  }

  private along(place: Place, key: string, by: number): void {
    const stops = this.seen(place, this.axes(place))
    if (!stops.length) return
    const same = (stop: Stop) => JSON.stringify(stop) === JSON.stringify(this.stop)
    const now = stops.findIndex(same)
    const next = key === "Home" ? 0 : key === "End" ? stops.length - 1 : now < 0 ? (key === "ArrowLeft" ? stops.length - 1 : 0)
      : now + (key === "ArrowLeft" ? -by : by)
    this.point(place.index, stops[Math.min(Math.max(next, 0), stops.length - 1)])
  }

  private toPanel(place: Place): void {
    const stops = this.seen(place, this.axes(place))
    const x = this.stop?.x ?? Infinity
    const nearest = stops.reduce((best, stop) => (Math.abs(stop.x - x) < Math.abs(best.x - x) ? stop : best), stops[0])
    if (nearest) this.point(place.index, nearest)
    const { top, height } = place.frame
    const { scrollTop, clientHeight } = this.element
    if (top < scrollTop) this.element.scrollTop = place.titleAt - 20
    else if (top + height > scrollTop + clientHeight) this.element.scrollTop = top + height + 30 - clientHeight
  }
}
