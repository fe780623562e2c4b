/** What lies under the pointer, in words: a point of the lattice with all its quantities, points of tracks, and markers near by. */

import type { Readout } from "../contract"
import { short } from "../scale"
import { offWords } from "../track"
import type { Quantity } from "../types"
import type { Plane } from "./field"
import { BAD, FILLED, GOOD, MISSING } from "../geometry/patches"
import { nearest } from "./march"
import { fromX, fromY, toX, toY } from "./box"
import type { Vector } from "./camera"
import { floats } from "./reading"
import type { Frame } from "./stage"
import type { Spot } from "./tracks"

type Line = [string, string]

/** "0.345 ± 0.012", "yes", "not a number". */
export function said(quantity: Quantity, k: number): string {
  const value = floats(quantity.values)[k]
  if (quantity.flag) return Number.isFinite(value) ? (value > 0.5 ? "yes" : "no") : short(value)
  const error = quantity.error ? floats(quantity.error)[k] : NaN
  return Number.isFinite(error) && Number.isFinite(value) ? `${short(value, 4)} ± ${short(error, 2)}` : short(value, 4)
}

/** The lattice point nearest to a place in the box; inside a patch that is filled in, the nearest one that is done. */
export function pointAt(plane: Plane, x: number, y: number): number {
  const [i, j] = [nearest(plane.x, fromX(plane.box, x)), nearest(plane.y, fromY(plane.box, y))]
  const own = i * plane.y.length + j
  if (plane.state[own] !== FILLED) return own
  const [nx, ny] = [plane.x.length, plane.y.length]
  for (let r = 1; r < Math.max(nx, ny); r++) {
    const around = ring(i, j, r).filter(([p, q]) => p >= 0 && q >= 0 && p < nx && q < ny && plane.state[p * ny + q] === GOOD)
    const far = ([p, q]: [number, number]) => Math.hypot(toX(plane.box, plane.x[p]) - x, toY(plane.box, plane.y[q]) - y)
    const best = around.sort((a, b) => far(a) - far(b))[0]
    if (best) return best[0] * ny + best[1]
  }
  return own
}

/** The cells of the square r steps around (i, j). */
function ring(i: number, j: number, r: number): [number, number][] {
  const out: [number, number][] = []
  for (let s = -r; s <= r; s++) out.push([i + s, j - r], [i + s, j + r], [i - r, j + s], [i + r, j + s])
  return out
}

export function placeOf(plane: Plane, k: number): Vector {
  const ny = plane.y.length
  return [toX(plane.box, plane.x[Math.floor(k / ny)]), toY(plane.box, plane.y[k % ny]), plane.heights().z[k]]
}

export function pointLines(plane: Plane, k: number): Line[] {
  const ny = plane.y.length
  const lines: Line[] = [
    [plane.field.x.label, short(plane.x[Math.floor(k / ny)], 4)],
    [plane.field.y.label, short(plane.y[k % ny], 4)],
  ]
  if (plane.state[k] === MISSING) return [...lines, [plane.height.label, "not computed yet"]]
  const first = [plane.height, ...plane.sheet.quantities.filter((quantity) => quantity !== plane.height)]
  for (const quantity of first) lines.push([quantity.label, said(quantity, k)])
  if (plane.state[k] === BAD && Number.isFinite(floats(plane.height.values)[k])) lines.push(["drawn", "no: not positive, on a log scale"])
  const clipped = plane.scale && floats(plane.height.values)[k] > plane.scale.high * (1 + 1e-6)
  if (clipped) lines.push(["drawn", `cut off at ${short(plane.scale!.high)}`])
  if (plane.predicted && !plane.sheet.quantities.some((quantity) => quantity.name === "evaluated")) {
    lines.push(["evaluated", plane.predicted[k] ? "no, predicted" : "yes"])
  }
  return lines
}

export function spotLines(spot: Spot): Line[] {
  if (spot.marker) {
    const values = spot.marker.values.map(({ name, value }): Line => [name, value === null ? "not known" : short(value, 4)])
    return [["point", spot.marker.name], ...values]
  }
  const { course, k } = spot
  if (!course) return []
  const lines: Line[] = [["track", course.name || "run"]]
  if (course.steps) lines.push(["step", short(course.steps[k], 6)])
  const off = offWords(course, k)
  if (off) lines.push(["off the plane", `${off} of its distance`])
  for (const quantity of course.quantities) lines.push([`${quantity.label}, its own`, said(quantity, k)])
  return lines
}

/** The marker or point of a track within so many pixels of the pointer; markers first. */
export function spotAt(spots: readonly Spot[], frame: Frame, x: number, y: number, time: number, within = 12): Spot | null {
  let found: Spot | null = null
  let least = within
  for (const spot of spots) {
    if (spot.time > time + 1e-9) continue
    const at = frame.project(spot.at)
    if (!at) continue
    const far = Math.hypot(at[0] - x, at[1] - y) - (spot.marker ? 3 : 0)
    if (far < least) [found, least] = [spot, far]
  }
  return found
}

export function readout(plane: Plane, k: number | null, spot: Spot | null): Readout {
  return { lines: [...(spot ? spotLines(spot) : []), ...(k === null ? [] : pointLines(plane, k))] }
}
