/**
 * A field as pixels: a colour per cell, or colours interpolated between the points as contour lines are.
 *
 * What has no value is hatched: grey with lines where a value was computed and is not finite (or has no place on the scale), pale with dots
 * where nothing was computed yet. Predicted cells are paler. Outside the grid a pixel is transparent.
 */

import type { Ink } from "../chart/ink"

export interface Raster {
  width: number
  height: number
  pixels: Uint8ClampedArray<ArrayBuffer>
}

export interface Cells {
  x: ArrayLike<number>
  y: ArrayLike<number>
  /** where each value lies on the colour scale, 0…1 (clamped); NaN: no place */
  places: ArrayLike<number>
  /** 1 where a value was computed */
  done: ArrayLike<number>
  predicted: ArrayLike<number> | null
}

export interface Window {
  x0: number
  x1: number
  y0: number
  y1: number
}

/** The edges of cells with these middles; a single cell is one wide. */
export function cellEdges(values: ArrayLike<number>): Float64Array {
  const n = values.length
  const out = new Float64Array(n + 1)
  if (n === 1) return Float64Array.from([values[0] - 0.5, values[0] + 0.5])
  for (let k = 1; k < n; k++) out[k] = (values[k - 1] + values[k]) / 2
  out[0] = 1.5 * values[0] - 0.5 * values[1]
  out[n] = 1.5 * values[n - 1] - 0.5 * values[n - 2]
  return out
}

/** The index of the interval between increasing edges that holds a value; -1 outside. */
export function interval(edges: ArrayLike<number>, value: number): number {
  const last = edges.length - 1
  if (!(value >= edges[0] && value <= edges[last])) return -1
  let low = 0
  let high = last
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (edges[middle] <= value) low = middle
    else high = middle
  }
  return low
}

/** Draw a window of the field into so many pixels, `density` of them per pixel of the page; without ink holes are open. */
export function raster(
  cells: Cells, window: Window, width: number, height: number, table: Uint8Array, ink: Ink | null, smooth: boolean, density = 1,
): Raster {
  const pixels = new Uint8ClampedArray(4 * width * height)
  const across = Array.from({ length: width }, (_, px) => window.x0 + ((px + 0.5) / width) * (window.x1 - window.x0))
  const down = Array.from({ length: height }, (_, py) => window.y1 - ((py + 0.5) / height) * (window.y1 - window.y0))
  const paint = painterOf(pixels, table, ink, density)
  const nearX = across.map((value) => interval(cellEdges_(cells.x), value))
  const nearY = down.map((value) => interval(cellEdges_(cells.y), value))
  const ny = cells.y.length
  const x = smooth ? across.map((value) => between(cells.x, value)) : []
  const y = smooth ? down.map((value) => between(cells.y, value)) : []
  for (let py = 0; py < height; py++) {
    for (let px = 0; px < width; px++) {
      const [i, j] = [nearX[px], nearY[py]]
      if (i < 0 || j < 0 || (smooth && (x[px] < 0 || y[py] < 0))) continue
      const near = i * ny + j
      const pale = cells.predicted !== null && cells.predicted[near] > 0
      if (smooth) blend(cells, ny, x[px], y[py], px, py, width, pale, paint)
      else paint(px, py, width, cells.places[near], cells.done[near] > 0, pale)
    }
  }
  return { width, height, pixels }
}

type Paint = (px: number, py: number, width: number, place: number, done: boolean, pale: boolean) => void

const edgesOf = new WeakMap<object, Float64Array>()

function cellEdges_(values: ArrayLike<number>): Float64Array {
  let edges = edgesOf.get(values)
  if (!edges) edgesOf.set(values, (edges = cellEdges(values)))
  return edges
}

/** Between the four points around a pixel: index + share along each axis. */
function blend(
  cells: Cells, ny: number, atX: number, atY: number, px: number, py: number, width: number, pale: boolean, paint: Paint,
): void {
  const i = Math.min(Math.floor(atX), Math.max(cells.x.length - 2, 0))
  const j = Math.min(Math.floor(atY), Math.max(ny - 2, 0))
  const [s, t] = [atX - i, atY - j]
  const a = i * ny + j
  const b = cells.x.length > 1 ? a + ny : a
  const step = ny > 1 ? 1 : 0
  const { places, done } = cells
  const low = (1 - t) * places[a] + t * places[a + step]
  const high = (1 - t) * places[b] + t * places[b + step]
  const value = (1 - s) * low + s * high
  const bad = Number.isNaN(value)
    && [a, a + step, b, b + step].some((k) => done[k] > 0 && Number.isNaN(places[k]))
  paint(px, py, width, value, bad || !Number.isNaN(value), pale)
}

/** Where a value lies between points: index + share; -1 outside. */
function between(values: ArrayLike<number>, value: number): number {
  if (values.length === 1) return 0
  const k = interval(values, value)
  return k < 0 ? -1 : k + (value - values[k]) / (values[k + 1] - values[k])
}

function painterOf(pixels: Uint8ClampedArray, table: Uint8Array, ink: Ink | null, density: number): Paint {
  const [bad, missing, paper] = ink ? [ink.hole.bad.map(rgb), ink.hole.missing.map(rgb), rgb(ink.paper)] : [[], [], [255, 255, 255]]
  const unit = Math.max(1, Math.round(density))
  return (px, py, width, place, done, pale) => {
    const at = 4 * (py * width + px)
    let from: ArrayLike<number> = table
    let k = 0
    if (Number.isNaN(place) && !ink) return
    if (!Number.isNaN(place)) k = 3 * Math.round(255 * Math.min(1, Math.max(0, place)))
    else if (done) from = bad[(px + py) % (7 * unit) < unit ? 1 : 0]
    else from = missing[px % (6 * unit) < 1.5 * unit && py % (6 * unit) < 1.5 * unit ? 1 : 0]
    const veil = pale ? 0.5 : 0
    for (let c = 0; c < 3; c++) pixels[at + c] = from[k + c] * (1 - veil) + paper[c] * veil
    pixels[at + 3] = 255
  }
}

/** The three bytes of "#rrggbb". */
export function rgb(color: string): number[] {
  return [1, 3, 5].map((k) => parseInt(color.slice(k, k + 2), 16))
}
