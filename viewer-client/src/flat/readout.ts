/** What lies under the pointer, in words: the coordinates of a cell and all that is known of it, or a point of a track, or a marker. */

import type { Readout } from "../contract"
import { short } from "../scale"
import { offWords, upTo } from "../track"
import type { Layer, Plane, Way } from "./plane"

/** A number with its standard error, to the digits that this leaves: "0.345 ± 0.012". */
export function withError(value: number, error: number | undefined): string {
  if (error === undefined || !Number.isFinite(error) || !Number.isFinite(value)) return short(value, 4)
  return `${short(value, 4)} ± ${short(error, 2)}`
}

function said(layer: Layer, at: number): [string, string] {
  const value = layer.values[at]
  if (layer.flag) return [layer.label, Number.isNaN(value) ? short(value) : value ? "yes" : "no"]
  return [layer.label, withError(value, layer.error?.[at])]
}

/** The cell `i`, `j` of a plane; `shown` is the cell whose value stands there, -1 for none. */
export function cellReadout(plane: Plane, i: number, j: number, shown: number): Readout {
  const ny = plane.y.values.length
  const [row, column] = shown < 0 ? [i, j] : [Math.floor(shown / ny), shown % ny]
  const lines: [string, string][] = [[plane.x.label, short(plane.x.values[row], 4)], [plane.y.label, short(plane.y.values[column], 4)]]
  if (plane.cut) lines.push(plane.cut)
  if (shown < 0) return { lines: [...lines, [plane.color.label, "not computed yet"]] }
  const first = plane.layers.filter((layer) => layer.name === plane.height.name)
  const others = plane.layers.filter((layer) => layer.name !== plane.height.name)
  for (const layer of [...first, ...others]) lines.push(said(layer, shown))
  if (plane.predicted && !plane.layers.some((layer) => layer.name === "evaluated")) {
    lines.push(["evaluated", plane.predicted[shown] ? "no, predicted" : "yes"])
  }
  return { lines }
}

/** The k-th point of a track. */
export function wayReadout(way: Way, k: number): Readout {
  const lines: [string, string][] = []
  if (way.steps) lines.push(["step", short(way.steps[k], 6)])
  const off = offWords(way, k)
  if (off) lines.push(["off the plane", `${off} of its distance`])
  for (const layer of way.layers) lines.push(said(layer, k))
  return { lines: [["track", way.name || "run"], ...lines] }
}

/** What of tracks and markers is nearest to a place in pixels, within so many of them. */
export function nearest(
  plane: Plane, time: number, px: number, py: number, toPixels: (x: number, y: number) => [number, number], reach = 9,
): { readout: Readout; x: number; y: number } | null {
  let best: { readout: () => Readout; x: number; y: number } | null = null
  let least = reach
  const consider = (x: number, y: number, readout: () => Readout, bonus = 0) => {
    const [ax, ay] = toPixels(x, y)
    const far = Math.hypot(ax - px, ay - py) - bonus
    if (far < least) {
      least = far
      best = { readout, x, y }
    }
  }
  for (const way of plane.ways) {
    const { count } = upTo(way, time)
    for (let k = 0; k < count; k++) consider(way.x[k], way.y[k], () => wayReadout(way, k))
  }
  for (const marker of plane.markers) {
    const lines = () => marker.values.map(({ name, value }): [string, string] => [name, value === null ? "not known" : short(value, 4)])
    consider(marker.x, marker.y, () => ({ lines: [["point", marker.name], ...lines()] }), 1)
  }
  const found = best as { readout: () => Readout; x: number; y: number } | null
  return found && { readout: found.readout(), x: found.x, y: found.y }
}
