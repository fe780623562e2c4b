/** The drawn surface as a mesh for other programs. */

import type { ColorMapName } from "../colormaps"
import type { Mesh } from "../contract"
import { colorAt, place } from "../scale"
import type { Plane } from "./field"
import { GOOD } from "../geometry/patches"
import { facets } from "./mesh"

const HEIGHT = 0.6 // of the longer side, as `lossatlas export` has it for glTF and OBJ

/** x and y in data units; z from 0 to 0.6 of the longer side along the scale, so that a log scale stays one. Holes stay holes. */
export function exported(plane: Plane, map: ColorMapName): Mesh {
  const { x, y, state, values, colors, paint, scale } = plane
  const ny = y.length
  const { indices } = facets(state, values, x.length, ny, 1)
  const used = new Int32Array(state.length).fill(-1)
  const height = HEIGHT * Math.max(x[x.length - 1] - x[0], y[ny - 1] - y[0])
  const [positions, shades]: number[][] = [[], []]
  for (let k = 0; k < state.length; k++) {
    if (state[k] < GOOD || !scale) continue
    used[k] = positions.length / 3
    positions.push(x[Math.floor(k / ny)], y[k % ny], height * Math.min(1, place(scale, values[k])))
    const at = paint.scale ? place(paint.scale, colors[k]) : colors[k]
    shades.push(...(colorAt(map, at) ?? [160, 160, 160]).map((byte) => byte / 255))
  }
  return { positions: Float32Array.from(positions), colors: Float32Array.from(shades), indices: indices.map((k) => used[k]) }
}
