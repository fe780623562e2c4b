/**
 * The flat picture, from the field to the last word, through a Painter: the same on a canvas and in SVG.
 *
 * Contour lines are drawn over colours that are interpolated as the lines are; without lines every cell has its own colour. Lines are dark
 * on light colours and light on dark ones. Tracks are fuller the farther they are off the plane, as on paper.
 */

import { inkOf, lineColor, mix, SIZE, textWidth, type Ink } from "../chart/ink"
import { EVALUATED, flagPlaces } from "../choice"
import type { Look } from "../contract"
import { contours, gapped, labelPlaces, type ContourLevel, type Polyline } from "../geometry/contours"
import { filled, MISSING, patch, states } from "../geometry/patches"
import { colorAt, colorTable, levels, place, short } from "../scale"
import { trackWords, upTo } from "../track"
import { beside, type Box } from "./beside"
import { sources } from "./lattice"
import { arrange, linearTicks, type Layout, type LegendItem } from "./layout"
import type { Painter } from "./painter"
import { star } from "./painter"
import { placesOf, type Plane, type Scales, type Way } from "./plane"
import { cellEdges, raster, type Cells, type Raster, type Window } from "./raster"
import { toX, toY } from "./viewport"

export const LEVELS = 11

/** All that a picture depends on. */
export interface Scene {
  plane: Plane
  scales: Scales
  look: Look
  ink: Ink
  /** colours are interpolated between points, as contour lines are */
  smooth: boolean
  home: Window
  cells: Cells
  /** contour lines in data coordinates */
  lines: ContourLevel[]
  /** for every cell, the cell whose value it shows; -1: none */
  shown: Int32Array
}

export function sceneOf(
  plane: Plane, scales: Scales, look: Look, limits: { x: [number, number] | null; y: [number, number] | null },
): Scene {
  const [nx, ny] = [plane.x.values.length, plane.y.values.length]
  const smooth = look.contours && !plane.color.flag && nx > 1 && ny > 1
  const shown = sources(plane.done, nx, ny)
  const lined = look.contours && nx > 1 && ny > 1
  const { cells, lines } = lined ? contoured(plane, scales, smooth, shown) : crisp(plane, scales, shown)
  return { plane, scales, look, ink: inkOf(look.theme), smooth, home: homeOf(plane, smooth, limits), cells, lines, shown }
}

/** Cells of an unfinished plane take the values of its coarse lattice. */
function crisp(plane: Plane, scales: Scales, shown: Int32Array): { cells: Cells; lines: ContourLevel[] } {
  const places = placesOf(plane.color, scales.color)
  return {
    cells: {
      x: plane.x.values, y: plane.y.values, predicted: veilOf(plane),
      places: Float64Array.from(shown, (k) => (k < 0 ? NaN : places[k])), done: Uint8Array.from(shown, (k) => (k < 0 ? 0 : 1)),
    },
    lines: [],
  }
}

/** Lines of the height, over what is done and coarse facets where that has gaps; colours likewise where they are smooth. */
function contoured(plane: Plane, scales: Scales, smooth: boolean, shown: Int32Array): { cells: Cells; lines: ContourLevel[] } {
  const [x, y] = [Float64Array.from(plane.x.values), Float64Array.from(plane.y.values)]
  const { height } = scales
  const state = states(plane.height.values, plane.done, plane.height.kind)
  const patches = patch(state, x, y)
  const known = (values: ArrayLike<number>) => Float64Array.from(values, (value, k) => (state[k] === MISSING ? NaN : value))
  const heights = filled(known(plane.height.values), patches, plane.height.kind)
  const lines = height ? contours(x, y, heights, levels(height, LEVELS), height.kind) : []
  if (!smooth) return { cells: crisp(plane, scales, shown).cells, lines }
  const places = filled(known(placesOf(plane.color, scales.color)), patches, "linear")
  const done = Uint8Array.from(state, (of) => (of === MISSING ? 0 : 1))
  return { cells: { x, y, places, done, predicted: veilOf(plane) }, lines }
}

/** What is predicted is paler, unless the colours say so. */
function veilOf(plane: Plane): ArrayLike<number> | null {
  return plane.color.name === EVALUATED ? null : plane.predicted
}

/** The whole of the plane, widened where tracks and markers lie outside. */
function homeOf(plane: Plane, smooth: boolean, limits: { x: [number, number] | null; y: [number, number] | null }): Window {
  const along = (values: ArrayLike<number>, shared: [number, number] | null, extra: number[]): [number, number] => {
    if (shared) return shared
    const edges = smooth ? values : cellEdges(values)
    const [low, high] = [edges[0], edges[edges.length - 1]]
    const beyond = extra.filter((value) => value < low || value > high)
    const margin = beyond.length ? 0.05 * (high - low) : 0
    return [Math.min(low, ...beyond.map((v) => v - margin)), Math.max(high, ...beyond.map((v) => v + margin))]
  }
  const xs = [...plane.ways.flatMap((way) => Array.from(way.x)), ...plane.markers.map((marker) => marker.x)].filter(Number.isFinite)
  const ys = [...plane.ways.flatMap((way) => Array.from(way.y)), ...plane.markers.map((marker) => marker.y)].filter(Number.isFinite)
  const [x0, x1] = along(plane.x.values, limits.x, xs)
  const [y0, y1] = along(plane.y.values, limits.y, ys)
  return { x0, x1, y0, y1 }
}

/** The page draws the colour bar itself, below its tiles and in what it saves. */
export function layoutOf(scene: Scene, width: number, height: number): Layout {
  return arrange(width, height, scene.home, scene.plane.equal, legendOf(scene), scene.plane.cut !== null)
}

function legendOf(scene: Scene): LegendItem[] {
  const { plane, cells, look, ink } = scene
  const items: LegendItem[] = []
  const hollow = Array.from(cells.places, (value, k) => (Number.isNaN(value) ? (cells.done[k] ? "bad" : "missing") : ""))
  if (plane.color.flag && plane.color.name !== EVALUATED) items.push({ label: plane.color.label, kind: "yes" },
    { label: `not ${plane.color.label}`, kind: "no" })
  if (hollow.includes("bad")) items.push({ label: plane.color.kind === "log" ? "no value on this scale" : "not finite", kind: "bad" })
  if (hollow.includes("missing")) items.push({ label: "not computed yet", kind: "missing" })
  if (cells.predicted && Array.from(cells.predicted).some(Boolean)) items.push({ label: "paler: predicted", kind: "veil" })
  plane.ways.forEach((way, k) => items.push({ label: trackWords(way, look.time), kind: "track", color: lineColor(ink, k) }))
  return items
}

/** Draw everything in a picture of this size; `density` is pixels of the field per pixel of the picture. */
export function draw(painter: Painter, scene: Scene, layout: Layout, window: Window, density: number): void {
  const { frame } = layout
  painter.clipped(frame.left, frame.top, frame.width, frame.height, () => {
    painter.image(fieldOf(scene, window, frame.width, frame.height, density), frame.left, frame.top, frame.width, frame.height)
    const names = namesOf(scene, layout, window)
    drawLines(painter, scene, layout, window, names.map(({ box }) => box))
    scene.plane.ways.forEach((way, k) => drawWay(painter, way, lineColor(scene.ink, k), scene, layout, window))
    drawMarkers(painter, scene, layout, window, names)
  })
  drawAxes(painter, scene, layout, window)
  drawLegend(painter, scene, layout)
}

function fieldOf(scene: Scene, window: Window, width: number, height: number, density: number): Raster {
  const table = colorTable(scene.look.map)
  const [w, h] = [Math.max(1, Math.round(width * density)), Math.max(1, Math.round(height * density))]
  return raster(scene.cells, window, w, h, table, scene.ink, scene.smooth, density)
}

/** Lines in pixels. */
function inPixels(of: readonly ContourLevel[], layout: Layout, window: Window): ContourLevel[] {
  const move = (line: Polyline): Polyline => ({
    closed: line.closed,
    points: line.points.map((value, k) => (k % 2 ? toY(window, layout.frame, value) : toX(window, layout.frame, value))),
  })
  return of.map(({ level, lines }) => ({ level, lines: lines.map(move) }))
}

/** Lines with their levels, which keep clear of the names of markers. */
function drawLines(painter: Painter, scene: Scene, layout: Layout, window: Window, names: readonly Box[]): void {
  const { plane, scales, look } = scene
  if (!scales.height || !look.contours) return
  const { frame } = layout
  const of = inPixels(scene.lines, layout, window)
  const avoid = plane.markers.map(({ x, y }): [number, number] => [toX(window, frame, x), toY(window, frame, y)])
  const spots = labelPlaces(of, of.map(({ level }) => short(level)), {
    frame: [frame.left, frame.top, frame.left + frame.width, frame.top + frame.height], height: SIZE.word, avoid, clear: names,
    width: (text) => textWidth(text, SIZE.word),
  })
  for (const { level, lines } of of) {
    const { ink, halo } = lineInk(scene, level)
    for (const line of lines) {
      const words = spots.filter((spot) => spot.line === line)
      for (const piece of gapped(line, words, words.length ? textWidth(words[0].text, SIZE.word) / 2 + 3 : 0)) {
        if (halo) painter.line(piece.points, { color: halo, width: 2.4, opacity: 0.4 }, piece.closed)
        painter.line(piece.points, { color: ink, width: 1, opacity: 0.85 }, piece.closed)
      }
    }
  }
  for (const spot of spots) {
    const { ink, halo } = lineInk(scene, spot.level)
    painter.text(spot.x, spot.y, spot.text, { size: SIZE.word, color: ink, halo: halo ?? undefined, align: "middle", baseline: "middle", angle: spot.angle })
  }
}

/** Dark lines on light colours, light ones on dark colours; over colours of another quantity dark ones with a halo. */
function lineInk(scene: Scene, level: number): { ink: string; halo: string | null } {
  const { plane, scales, look } = scene
  if (plane.color !== plane.height || !scales.height) return { ink: "#111111", halo: "#ffffff" }
  return { ink: contrast(colorAt(look.map, place(scales.height, level))), halo: null }
}

function contrast(color: [number, number, number] | null): string {
  if (!color) return "#111111"
  const [r, g, b] = color.map((value) => Math.pow(value / 255, 2.2))
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.2 ? "#16181c" : "#ffffff"
}

function drawWay(painter: Painter, way: Way, color: string, scene: Scene, layout: Layout, window: Window): void {
  const { ink, look } = scene
  const { count, x, y } = upTo(way, look.time)
  if (!count) return
  const px = (value: number) => toX(window, layout.frame, value)
  const py = (value: number) => toY(window, layout.frame, value)
  const points: number[] = []
  for (let k = 0; k < count; k++) points.push(px(way.x[k]), py(way.y[k]))
  points.push(px(x), py(y))
  painter.line(points, { color: ink.halo, width: 4.5, opacity: 0.75 })
  painter.line(points, { color, width: 1.8 })
  const radius = count <= 60 ? 3.2 : 2
  for (let k = 0; k < count; k++) {
    const off = way.off && Number.isFinite(way.off[k]) ? Math.min(1, Math.max(0, way.off[k])) : way.off ? 1 : 0
    painter.circle(px(way.x[k]), py(way.y[k]), radius, mix("#ffffff", color, off), { color, width: 1 })
  }
  const start = 4.5
  painter.rect(px(way.x[0]) - start, py(way.y[0]) - start, 2 * start, 2 * start, "#ffffff", { color, width: 1.8 })
  if (count === way.x.length) painter.area(star(px(x), py(y), 8), color, { color: "#ffffff", width: 1 })
  else painter.circle(px(x), py(y), 4.5, color, { color: "#ffffff", width: 1.2 })
}

interface Name {
  text: string
  x: number
  y: number
  box: Box
}

/** Where the names of markers stand: beside them, none over another marker. */
function namesOf(scene: Scene, layout: Layout, window: Window): Name[] {
  const { frame } = layout
  const at = scene.plane.markers.map((marker) => ({ text: marker.name, x: toX(window, frame, marker.x), y: toY(window, frame, marker.y) }))
  const boxes: Box[] = at.map(({ x, y }) => [x - 8, y - 8, x + 8, y + 8])
  return at.map(({ text, x, y }) => {
    const spot = beside(x, y, textWidth(text, SIZE.word), frame, boxes)
    return { text, ...spot, box: boxes[boxes.length - 1] }
  })
}

function drawMarkers(painter: Painter, scene: Scene, layout: Layout, window: Window, names: readonly Name[]): void {
  const { ink, plane } = scene
  for (const marker of plane.markers) {
    const [x, y] = [toX(window, layout.frame, marker.x), toY(window, layout.frame, marker.y)]
    if (marker.role === "trained") painter.area(star(x, y, 9), ink.star, { color: "#ffffff", width: 1 })
    else if (marker.role === "given") painter.circle(x, y, 4.2, "#ffffff", { color: "#111111", width: 1.6 })
    else if (marker.role === "start") painter.rect(x - 4, y - 4, 8, 8, "#ffffff", { color: "#111111", width: 1.6 })
    else painter.circle(x, y, 4.2, "#111111", { color: "#ffffff", width: 1.2 })
  }
  for (const { text, x, y } of names) painter.text(x, y, text, { size: SIZE.word, color: ink.text, baseline: "middle", halo: ink.halo })
}

function drawAxes(painter: Painter, scene: Scene, layout: Layout, window: Window): void {
  const { ink, plane } = scene
  const { left, top, width, height } = layout.frame
  const bottom = top + height
  painter.rect(left, top, width, height, null, { color: ink.axis, width: 1 })
  let free = -Infinity
  for (const { value, label } of linearTicks(window.x0, window.x1, Math.max(2, Math.min(7, width / 70)))) {
    const x = toX(window, layout.frame, value)
    painter.line([x, bottom, x, bottom + 4], { color: ink.axis, width: 1 })
    const half = textWidth(label, SIZE.tick) / 2
    if (x - half < free) continue
    free = x + half + 4
    painter.text(x, bottom + 7, label, { size: SIZE.tick, color: ink.text, align: "middle", baseline: "top" })
  }
  let wide = 0
  for (const { value, label } of linearTicks(window.y0, window.y1, Math.max(2, Math.min(7, height / 45)))) {
    const y = toY(window, layout.frame, value)
    painter.line([left - 4, y, left, y], { color: ink.axis, width: 1 })
    painter.text(left - 7, y, label, { size: SIZE.tick, color: ink.text, align: "end", baseline: "middle" })
    wide = Math.max(wide, textWidth(label, SIZE.tick))
  }
  if (plane.cut) painter.text(left, top - 9, `cut at ${plane.cut.join(" = ")}`, { size: SIZE.legend, color: ink.text, baseline: "middle" })
  painter.text(left + width / 2, bottom + 23, plane.x.label, { size: SIZE.label, color: ink.text, align: "middle", baseline: "top" })
  const at = Math.max(left - wide - 18, 8)
  painter.text(at, top + height / 2, plane.y.label, {
    size: SIZE.label, color: ink.text, align: "middle", baseline: "middle", angle: -Math.PI / 2,
  })
}

function drawLegend(painter: Painter, scene: Scene, layout: Layout): void {
  const { ink, look } = scene
  for (const { item, x, y } of layout.legend) {
    const swatch = { color: ink.faint, width: 1 }
    if (item.kind === "track") {
      const color = item.color ?? ink.text
      painter.line([x, y, x + 18, y], { color, width: 1.8 })
      painter.circle(x + 9, y, 3, "#ffffff", { color, width: 1 })
    } else if (item.kind === "bad" || item.kind === "missing") {
      const [fill, hatch] = ink.hole[item.kind]
      painter.rect(x, y - 5, 18, 10, fill, swatch)
      if (item.kind === "bad") for (const dx of [3, 9, 15]) painter.line([x + dx - 3, y + 5, x + dx + 3, y - 5], { color: hatch, width: 1 })
      else for (const dx of [4, 9, 14]) painter.circle(x + dx, y, 0.9, hatch)
    } else if (item.kind === "veil") painter.rect(x, y - 5, 18, 10, ink.veil, swatch)
    else {
      const at = flagPlaces(scene.plane.color.name)[item.kind === "yes" ? 1 : 0]
      painter.rect(x, y - 5, 18, 10, `rgb(${(colorAt(look.map, at) ?? [0, 0, 0]).join(",")})`, swatch)
    }
    painter.text(x + 24, y, item.label, { size: SIZE.legend, color: ink.text, baseline: "middle" })
  }
}
