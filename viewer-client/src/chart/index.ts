/**
 * A figure as an interactive picture: SVG that fits its tile, reads out what lies under the pointer, zooms, and hides what its legend
 * names.
 *
 * The picture is drawn anew when data, settings, size, zoom or legend change; the pointer moves a layer of its own. Zoom and hidden marks
 * are kept by what the axes and marks are, so that they survive new data. Nothing runs between events.
 */

import type { MakeView, View } from "../contract"
import { node, SvgPainter } from "../flat/painter"
import { makeBelow } from "./below"
import { inkOf, textWidth } from "./ink"
import { drawChart, layoutOf, type Chart } from "./draw"
import { describe } from "./describe"
import { Pointer } from "./pointer"

const EMPTY: Chart["zoom"] = new Map()
let count = 0

export const makeChart: MakeView = (callbacks) => {
  const element = document.createElement("div")
  element.className = "chart"
  element.tabIndex = 0
  element.setAttribute("role", "group")
  Object.assign(element.style, { position: "relative", width: "100%", height: "100%", overflow: "hidden auto", touchAction: "pan-y" })
  const prefix = `chart${++count}-`
  let chart: Chart | null = null
  let ready = false
  let asked = 0
  const paint = () => {
    asked = 0
    if (!chart || !element.clientWidth || !element.clientHeight) return
    chart.layout = layoutOf(chart.document, chart.figure, element.clientWidth, element.clientHeight)
    show(chart)
    if (!ready) {
      ready = true
      callbacks.onReady()
    }
  }
  const soon = () => {
    if (!asked) asked = requestAnimationFrame(paint)
  }
  const pointer = new Pointer(element, () => chart, soon, callbacks.onHover)
  const below = makeBelow(element)
  element.addEventListener("scroll", () => chart && below.show(chart.layout), { passive: true })

  const show = (drawn: Chart) => {
    const focused = element.contains(document.activeElement) ? document.activeElement?.getAttribute("data-key") : null
    const painter = new SvgPainter(drawn.layout.width, drawn.layout.height, prefix)
    for (const button of drawChart(painter, drawn)) listen(button, drawn)
    painter.root.append(pointer.layer)
    Object.assign(painter.root.style, { display: "block", userSelect: "none", webkitUserSelect: "none" })
    painter.root.setAttribute("aria-hidden", "false")
    element.replaceChildren(painter.root, below.element)
    below.show(drawn.layout)
    if (focused) element.querySelector<SVGElement>(`[data-key="${CSS.escape(focused)}"]`)?.focus()
    pointer.redraw()
  }
  const listen = ({ key, label, element: sign, hidden }: ReturnType<typeof drawChart>[number], drawn: Chart) => {
    const names: Record<string, string> = { role: "checkbox", tabindex: "0", "aria-checked": String(!hidden), "aria-label": label,
      "data-key": key }
    for (const [name, value] of Object.entries(names)) sign.setAttribute(name, value)
    sign.style.cursor = "pointer"
    const width = 30 + textWidth(label, 11.5)
    const place = sign.querySelector("text")
    const [x, y] = [Number(place?.getAttribute("x")) - 28, Number(place?.getAttribute("y")) - 13]
    sign.prepend(node("rect", { x, y, width, height: 18, fill: "transparent" }))
    const toggle = (event: Event) => {
      event.stopPropagation()
      event.preventDefault()
      if (!drawn.hidden.delete(key)) drawn.hidden.add(key)
      soon()
    }
    sign.addEventListener("click", toggle)
    sign.addEventListener("dblclick", (event) => event.stopPropagation())
    sign.addEventListener("pointerdown", (event) => event.stopPropagation())
    sign.addEventListener("keydown", (event) => (event.key === "Enter" || event.key === " ") && toggle(event))
  }

  const view: View = {
    element,
    update: (next, look, shared) => {
      const { figure } = next
      if (!figure) throw new Error(`${next.entry.title} came without a figure`)
      const layout = layoutOf(next, figure, element.clientWidth || 1, element.clientHeight || 1)
      chart = { document: next, figure, look, shared, layout, zoom: chart?.zoom ?? new Map(EMPTY), hidden: chart?.hidden ?? new Set() }
      element.setAttribute("aria-label", view.describe())
      soon()
    },
    resize: () => {
      if (asked) cancelAnimationFrame(asked)
      paint()
    },
    svg: () => exported(chart).text,
    canvas: (scale) => canvasOf(chart, scale),
    describe: () => (chart ? describe(chart) : "Nothing to draw yet."),
    dispose: () => {
      if (asked) cancelAnimationFrame(asked)
      pointer.dispose()
      element.remove()
    },
  }
  return view
}

/** The picture by itself, on paper of the theme. */
function exported(chart: Chart | null): { text: string; width: number; height: number } {
  if (!chart) throw new Error("there is no picture yet; wait until the result is drawn")
  const { width, height } = chart.layout
  const painter = new SvgPainter(width, height)
  painter.rect(0, 0, width, height, inkOf(chart.look.theme).paper)
  drawChart(painter, chart)
  return { text: painter.toString(), width, height }
}

async function canvasOf(chart: Chart | null, scale: number): Promise<HTMLCanvasElement> {
  const { text, width, height } = exported(chart)
  const image = new Image()
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`
  await image.decode()
  const canvas = document.createElement("canvas")
  canvas.width = Math.round(width * scale)
  canvas.height = Math.round(height * scale)
  const context = canvas.getContext("2d")
  if (!context) throw new Error("this browser gives no 2-D canvas")
  context.drawImage(image, 0, 0, canvas.width, canvas.height)
  return canvas
}
