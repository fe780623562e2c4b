/**
 * A field, or a cut through a volume, on a 2-D canvas: all that the surface shows, where there is no WebGL or where a map is wanted.
 *
 * Two canvases lie on each other: the picture, drawn when data, settings, size or window change, and the cross-hair, which follows the
 * pointer. The window of data that is seen survives new data. Nothing runs between events.
 */

import type { Look, MakeView, Readout, Shared, View } from "../contract"
import { short } from "../scale"
import type { Document } from "../types"
import { draw, layoutOf, sceneOf, type Scene } from "./draw"
import { gestures } from "./gestures"
import type { Layout } from "./layout"
import { CanvasPainter, SvgPainter } from "./painter"
import { planeOf, scalesOf } from "./plane"
import { cellEdges, interval, type Window } from "./raster"
import { cellReadout, nearest } from "./readout"
import { fromX, fromY, moved, toX, toY, zoomed } from "./viewport"

interface State {
  title: string
  scene: Scene | null
  layout: Layout | null
  /** what is seen; null: everything */
  window: Window | null
  /** the cell under the cross-hair */
  cell: [number, number] | null
  width: number
  height: number
}

export const makeFlat: MakeView = (callbacks) => {
  const element = document.createElement("div")
  const [picture, cross] = [document.createElement("canvas"), document.createElement("canvas")]
  setUp(element, picture, cross)
  const state: State = { title: "", scene: null, layout: null, window: null, cell: null, width: 0, height: 0 }
  let ready = false
  let asked = 0

  const seen = (): Window => state.window ?? state.scene?.home ?? { x0: 0, x1: 1, y0: 0, y1: 1 }
  const paint = () => {
    asked = 0
    const context = sized(picture, state)
    if (context) paintScene(context, state, seen())
    if (!ready && state.scene && context) {
      ready = true
      callbacks.onReady()
    }
  }
  const soon = () => {
    if (!asked) asked = requestAnimationFrame(paint)
  }
  const point = (found: { cell: [number, number] | null; x: number; y: number; readout: Readout } | null) => {
    state.cell = found?.cell ?? state.cell
    const context = sized(cross, state)
    if (context && found) paintCross(context, state, seen(), found)
    callbacks.onHover(found?.readout ?? null)
  }
  const change = (next: Window) => {
    const home = state.scene?.home
    state.window = home && next.x1 - next.x0 >= (home.x1 - home.x0) * 0.9999 ? null : next
    soon()
  }
  const silence = gestures(element, {
    hover: (at) => point(at && under(state, seen(), at.x, at.y)),
    pan: (dx, dy) => {
      const frame = state.layout?.frame
      if (!frame || !state.scene || !state.window) return
      const { x0, x1, y0, y1 } = seen()
      change(moved(seen(), state.scene.home, (-dx / frame.width) * (x1 - x0), (dy / frame.height) * (y1 - y0)))
    },
    zoom: (x, y, factor) => {
      const frame = state.layout?.frame
      if (!frame || !state.scene) return
      change(zoomed(seen(), state.scene.home, fromX(seen(), frame, x), fromY(seen(), frame, y), factor))
    },
    reset: () => {
      state.window = null
      soon()
    },
    step: (dx, dy) => point(stepped(state, dx, dy)),
  })

  const view: View = {
    element,
    update: (document, look, shared) => {
      take(state, document, look, shared)
      element.setAttribute("aria-label", view.describe())
      measure(state, element)
      soon()
    },
    resize: () => {
      measure(state, element)
      sized(cross, state)
      if (asked) cancelAnimationFrame(asked)
      paint()
    },
    canvas: async (scale) => canvasOf(state, seen(), scale),
    svg: () => svgOf(state, seen()),
    describe: () => describe(state),
    dispose: () => {
      if (asked) cancelAnimationFrame(asked)
      silence()
      element.remove()
    },
  }
  return view
}

function setUp(element: HTMLElement, picture: HTMLCanvasElement, cross: HTMLCanvasElement): void {
  element.className = "flat"
  element.tabIndex = 0
  element.setAttribute("role", "img")
  Object.assign(element.style, { position: "relative", width: "100%", height: "100%", overflow: "hidden", touchAction: "none",
    cursor: "crosshair" })
  for (const canvas of [picture, cross]) {
    Object.assign(canvas.style, { position: "absolute", left: "0", top: "0", width: "100%", height: "100%", pointerEvents: "none" })
    canvas.setAttribute("aria-hidden", "true")
    element.append(canvas)
  }
}

/** Read the document anew; the window stays as long as it lies in the plane. */
function take(state: State, document: Document, look: Look, shared: Shared): void {
  const plane = planeOf(document, look)
  state.title = document.entry.title
  state.scene = plane && sceneOf(plane, scalesOf(plane, look, shared), look, { x: shared.x, y: shared.y })
  const home = state.scene?.home
  if (state.window && home) {
    const { x0, x1, y0, y1 } = state.window
    if (x0 < home.x0 - 1e-9 || x1 > home.x1 + 1e-9 || y0 < home.y0 - 1e-9 || y1 > home.y1 + 1e-9) state.window = null
  }
}

function measure(state: State, element: HTMLElement): void {
  state.width = element.clientWidth
  state.height = element.clientHeight
  state.layout = state.scene && state.width > 0 && state.height > 0 ? layoutOf(state.scene, state.width, state.height) : null
}

const pixelRatio = () => Math.min(window.devicePixelRatio || 1, 3)

/** The context of a canvas of the right size, cleared, in pixels of the page; null without a canvas or without a size. */
function sized(canvas: HTMLCanvasElement, state: State): CanvasRenderingContext2D | null {
  if (!state.width || !state.height) return null
  const context = canvas.getContext("2d")
  if (!context) return null
  const density = pixelRatio()
  const [wide, high] = [Math.round(state.width * density), Math.round(state.height * density)]
  if (canvas.width !== wide || canvas.height !== high) {
    canvas.width = wide
    canvas.height = high
  }
  context.setTransform(1, 0, 0, 1, 0, 0)
  context.clearRect(0, 0, wide, high)
  context.setTransform(density, 0, 0, density, 0, 0)
  return context
}

function paintScene(context: CanvasRenderingContext2D, state: State, window: Window): void {
  const { scene, layout } = state
  if (!scene || !layout) return
  draw(new CanvasPainter(context), scene, layout, window, scene.look.quality === "low" ? 0.5 : pixelRatio())
}

interface Found {
  cell: [number, number] | null
  x: number
  y: number
  readout: Readout
}

/** What lies at a pixel: a marker or a point of a track, else a cell. */
function under(state: State, window: Window, px: number, py: number): Found | null {
  const { scene, layout } = state
  if (!scene || !layout) return null
  const { frame } = layout
  if (px < frame.left || px > frame.left + frame.width || py < frame.top || py > frame.top + frame.height) return null
  const near = nearest(scene.plane, scene.look.time, px, py, (x, y) => [toX(window, frame, x), toY(window, frame, y)])
  if (near) return { ...near, cell: null }
  const i = interval(cellEdges(scene.plane.x.values), fromX(window, frame, px))
  const j = interval(cellEdges(scene.plane.y.values), fromY(window, frame, py))
  return i < 0 || j < 0 ? null : atCell(scene, i, j)
}

function atCell(scene: Scene, i: number, j: number): Found {
  const { plane } = scene
  const ny = plane.y.values.length
  const shown = scene.shown[i * ny + j]
  const [row, column] = shown < 0 ? [i, j] : [Math.floor(shown / ny), shown % ny]
  return { cell: [i, j], x: plane.x.values[row], y: plane.y.values[column], readout: cellReadout(plane, i, j, shown) }
}

/** The cross-hair moved by keys, from where it was or from the middle. */
function stepped(state: State, dx: number, dy: number): Found | null {
  const { scene } = state
  if (!scene) return null
  const [nx, ny] = [scene.plane.x.values.length, scene.plane.y.values.length]
  const [i, j] = state.cell ?? [Math.floor(nx / 2) - dx, Math.floor(ny / 2) - dy]
  return atCell(scene, Math.min(Math.max(i + dx, 0), nx - 1), Math.min(Math.max(j + dy, 0), ny - 1))
}

function paintCross(context: CanvasRenderingContext2D, state: State, window: Window, found: Found): void {
  const { scene, layout } = state
  if (!scene || !layout) return
  const { left, top, width, height } = layout.frame
  const [x, y] = [toX(window, layout.frame, found.x), toY(window, layout.frame, found.y)]
  const painter = new CanvasPainter(context)
  painter.clipped(left, top, width, height, () => {
    for (const points of [[left, y, left + width, y], [x, top, x, top + height]]) {
      painter.line(points, { color: "#ffffff", width: 2.5, opacity: 0.35 })
      painter.line(points, { color: "#000000", width: 1, opacity: 0.6 })
    }
    painter.circle(x, y, 4, null, { color: "#ffffff", width: 3 })
    painter.circle(x, y, 4, null, { color: "#000000", width: 1.4 })
  })
}

const NOTHING = "there is no picture yet; wait until the result is drawn"

function canvasOf(state: State, window: Window, scale: number): HTMLCanvasElement {
  const { scene, width, height } = state
  if (!scene || !width) throw new Error(NOTHING)
  const canvas = document.createElement("canvas")
  canvas.width = Math.round(width * scale)
  canvas.height = Math.round(height * scale)
  const context = canvas.getContext("2d", { willReadFrequently: true })
  if (!context) throw new Error("this browser gives no 2-D canvas")
  context.fillStyle = scene.ink.paper
  context.fillRect(0, 0, canvas.width, canvas.height)
  context.scale(scale, scale)
  draw(new CanvasPainter(context), scene, layoutOf(scene, width, height), window, scale)
  return canvas
}

function svgOf(state: State, window: Window): string {
  const { scene, width, height } = state
  if (!scene || !width) throw new Error(NOTHING)
  const painter = new SvgPainter(width, height)
  painter.rect(0, 0, width, height, scene.ink.paper)
  draw(painter, scene, layoutOf(scene, width, height), window, 2)
  return painter.toString()
}

/** The picture in words. */
function describe(state: State): string {
  const { scene, title } = state
  if (!scene) return `${title}: nothing to draw.`
  const { plane, scales, look } = scene
  const range = scales.height ? `from ${short(scales.height.low)} to ${short(scales.height.high)}` : "without any value that has a place"
  const colored = plane.color === plane.height ? "" : `, coloured by ${plane.color.label}`
  const parts = [
    `${title}: map of ${plane.height.label} ${range} on a ${plane.height.kind === "log" ? "logarithmic" : "linear"} scale${colored}, `
    + `over ${plane.x.label} and ${plane.y.label}, ${plane.x.values.length} × ${plane.y.values.length} points`
    + `${plane.name ? ` (${plane.name})` : ""}${plane.cut ? `, cut at ${plane.cut.join(" = ")}` : ""}.`,
  ]
  const missing = Array.from(plane.done).filter((one) => !one).length
  if (missing) parts.push(`${missing} of ${plane.done.length} points are not computed yet.`)
  const bad = Array.from(plane.height.values).filter((value, k) => plane.done[k] && !Number.isFinite(value)).length
  if (bad) parts.push(`${bad} ${bad === 1 ? "value is" : "values are"} not finite.`)
  if (plane.ways.length) parts.push(`Tracks: ${plane.ways.map((way) => way.name || "run").join(", ")}.`)
  if (look.contours && scene.lines.length) parts.push(`Contour lines at ${scene.lines.map(({ level }) => short(level)).join(", ")}.`)
  return parts.join(" ")
}
