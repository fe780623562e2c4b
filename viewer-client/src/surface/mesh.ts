/**
 * Triangles over a lattice of points that need not be square.
 *
 * Every cell of the lattice is cut into parts × parts quads, so that a coarse lattice is drawn as the bilinear patches that it stands for.
 * A cell is drawn only where all four corners have values; the others are listed, with the reason, to be hatched on the floor.
 */

import { BAD, FILLED, GOOD } from "../geometry/patches"

export interface Facets {
  /** two triangles for each quad; vertex (u, v) is u · ((ny − 1) · parts + 1) + v */
  indices: Uint32Array
  /** cells that are not drawn, as i · (ny − 1) + j: with a bad corner, and with a missing one */
  bad: number[]
  missing: number[]
}

/** Into how many parts a cell is cut along a side: coarse lattices more, fine ones not at all. */
export function partsFor(nx: number, ny: number): number {
  return Math.max(1, Math.min(8, Math.floor(130 / Math.max(nx, ny))))
}

/** The triangles; stride > 1 draws every stride-th row and column of a lattice with parts 1, which is quicker and coarser. */
export function facets(state: Uint8Array, values: ArrayLike<number>, nx: number, ny: number, parts: number, stride = 1): Facets {
  const [bad, missing]: number[][] = [[], []]
  const columns = (ny - 1) * parts + 1
  const most = Math.ceil((nx - 1) / stride) * Math.ceil((ny - 1) / stride) * parts * parts
  const indices = new Uint32Array(6 * most)
  let n = 0
  for (let i = 0; i < nx - 1; i += stride) {
    const below = Math.min(i + stride, nx - 1)
    for (let j = 0; j < ny - 1; j += stride) {
      const beside = Math.min(j + stride, ny - 1)
      const [a, b, c, d] = [i * ny + j, below * ny + j, i * ny + beside, below * ny + beside]
      if (state[a] < GOOD || state[b] < GOOD || state[c] < GOOD || state[d] < GOOD) {
        const broken = state[a] === BAD || state[b] === BAD || state[c] === BAD || state[d] === BAD
        ;(broken ? bad : missing).push(i * (ny - 1) + j)
        continue
      }
      // the shorter diagonal follows ridges and valleys
      const along = parts === 1 && Math.abs(values[a] - values[d]) < Math.abs(values[b] - values[c])
      const step = parts === 1 ? [below - i, beside - j] : [1, 1]
      for (let p = 0; p < parts; p++) {
        for (let q = 0; q < parts; q++) {
          const v0 = (i * parts + p) * columns + j * parts + q
          n = quad(indices, n, v0, v0 + step[0] * columns, v0 + step[1], v0 + step[0] * columns + step[1], along)
        }
      }
    }
  }
  return { indices: indices.subarray(0, n), bad, missing }
}

/** Two triangles, counter-clockwise seen from above: corners at (0, 0), (1, 0), (0, 1), (1, 1). */
function quad(into: Uint32Array, n: number, a: number, b: number, c: number, d: number, along: boolean): number {
  const order = along ? [a, b, d, a, d, c] : [a, b, c, b, d, c]
  for (const vertex of order) into[n++] = vertex
  return n
}

/** Share of drawn points that were filled in from coarser ones. */
export function shareFilled(state: Uint8Array): number {
  let [filled, drawn] = [0, 0]
  for (const s of state) {
    if (s >= GOOD) drawn++
    if (s === FILLED) filled++
  }
  return drawn ? filled / drawn : 0
}
