/**
 * Numbers on contour lines: where a line crosses an edge of the lattice there is a place for one; per level and sector the flattest is
 * kept. When the picture is drawn, each level takes the first of its places that the eye sees.
 */

import type { Vector } from "./camera"
import type { Heights } from "./march"
import { march } from "./march"
import type { Pen } from "./pen"
import type { Frame } from "./stage"

export interface LabelPlace {
  at: Vector
  /** the point of the lattice beside it */
  k: number
  /** along the line */
  tangent: Vector
  normal: Vector
}

export interface LevelLabels {
  text: string
  /** ink, and what stands behind the letters, beside the point k of the lattice */
  colors(k: number): { color: string; halo: string }
  places: LabelPlace[]
  /** where it was written last: it stays there as long as it is seen well */
  last?: LabelPlace[]
}

const SECTORS = 12
const APART = 0.35 // of two labels of one level, in box units

/** Places for labels of the lines at these heights (box units, increasing), at most SECTORS for each. */
export function labelPlaces(field: Heights, heights: readonly number[]): LabelPlace[][] {
  const { x, y, z } = field
  const [nx, ny] = [x.length, y.length]
  const best: (({ place: LabelPlace; steep: number } | null)[])[] = heights.map(() => new Array(SECTORS).fill(null))
  const consider = (k: number, next: number, i: number, j: number) => {
    const low = Math.min(z[k], z[next])
    const high = Math.max(z[k], z[next])
    for (let level = 0; level < heights.length; level++) {
      const h = heights[level]
      if (!(h > low && h <= high)) continue // also where either is NaN
      const s = (h - z[k]) / (z[next] - z[k])
      const [gx, gy] = gradient(field, i, j)
      const steep = Math.hypot(gx, gy)
      if (!(steep > 1e-6)) continue
      const [px, py] = next === k + 1 ? [x[i], y[j] + s * (y[j + 1] - y[j])] : [x[i] + s * (x[i + 1] - x[i]), y[j]]
      const sector = Math.min(SECTORS - 1, Math.floor(((Math.atan2(py, px) / Math.PI + 1) / 2) * SECTORS))
      const found = best[level][sector]
      if (found && found.steep <= steep) continue
      const length = Math.hypot(gx, gy, 1)
      const place: LabelPlace = {
        at: [px, py, h], k, tangent: [-gy / steep, gx / steep, 0], normal: [-gx / length, -gy / length, 1 / length],
      }
      best[level][sector] = { place, steep }
    }
  }
  for (let i = 1; i < nx - 1; i++) {
    for (let j = 1; j < ny - 1; j++) {
      const k = i * ny + j
      consider(k, k + ny, i, j)
      consider(k, k + 1, i, j)
    }
  }
  return best.map((sectors) => sectors.flatMap((found) => (found ? [found.place] : [])))
}

function gradient({ x, y, z }: Heights, i: number, j: number): [number, number] {
  const k = i * y.length + j
  return [(z[k + y.length] - z[k - y.length]) / (x[i + 1] - x[i - 1]), (z[k + 1] - z[k - 1]) / (y[j + 1] - y[j - 1])]
}

/** Write the labels that can be seen: one for each level, two where there is room. */
export function writeLabels(pen: Pen, frame: Frame, labels: readonly LevelLabels[], field: Heights): void {
  const each = frame.width > 560 ? 2 : 1
  for (const label of labels) {
    const stays = (place: LabelPlace) => (label.last?.includes(place) ? 0.3 : 0)
    const near = label.places
      .map((place) => ({ place, facing: facing(place, frame) }))
      .filter(({ facing: f }) => f > 0.3)
      .sort((a, b) => b.facing + stays(b.place) - a.facing - stays(a.place))
    const used: LabelPlace[] = []
    for (const { place } of near) {
      if (used.length >= each) break
      if (used.some(({ at }) => Math.hypot(at[0] - place.at[0], at[1] - place.at[1]) < APART)) continue
      if (write(pen, frame, label, place, field)) used.push(place)
    }
    label.last = used
  }
}

function facing(place: LabelPlace, frame: Frame): number {
  const to = place.at.map((value, k) => frame.eye[k] - value) as Vector
  const length = Math.hypot(...to)
  return to.reduce((sum, value, k) => sum + (value / length) * place.normal[k], 0)
}

function write(pen: Pen, frame: Frame, label: LevelLabels, place: LabelPlace, field: Heights): boolean {
  const step = 0.03
  const [a, b, c] = [-step, step, 0].map((s) => frame.project(place.at.map((value, k) => value + s * place.tangent[k]) as Vector))
  if (!a || !b || !c || Math.hypot(b[0] - a[0], b[1] - a[1]) < 10 || hidden(place.at, frame, field)) return false
  let angle = Math.atan2(b[1] - a[1], b[0] - a[0])
  if (angle > Math.PI / 2) angle -= Math.PI
  if (angle < -Math.PI / 2) angle += Math.PI
  return pen.write(label.text, c[0], c[1], { size: 10, ...label.colors(place.k), angle, weight: 500 })
}

/** Whether the surface is between a place and the eye. */
export function hidden(at: Vector, frame: { eye: Vector }, field: Heights): boolean {
  const to = at.map((value, k) => frame.eye[k] - value) as Vector
  const length = Math.hypot(...to)
  const direction = to.map((value) => value / length) as Vector
  const lifted: Vector = [at[0], at[1], at[2] + 0.004]
  return march(field, lifted, direction, 0.006) !== null
}
