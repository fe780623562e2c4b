/**
 * What to draw where a lattice is not done yet.
 *
 * Points come coarse first: sub-lattices of stride 2ˡ counted from the middle of each axis, the coarse ones before the fine ones. A cell of
 * the finest complete sub-lattice whose four corners are done is drawn as one patch: the points inside that are missing get values that are
 * linear between the corners, as a facet of a coarser surface has. They are marked as such and are never read out. Points that were done
 * and came out bad stay holes; nothing is filled beyond whole cells.
 */

/** What is known of a point. */
export const MISSING = 0
export const BAD = 1
export const GOOD = 2
export const FILLED = 3

/** Points to fill: each from four corners (00, 10, 01, 11), at shares fx and fy of the way between them. */
export interface Patches {
  cells: number[]
  corners: number[]
  fx: number[]
  fy: number[]
}

/** State of every point: what is done and has a place on the scale is good. */
export function states(values: ArrayLike<number>, done: ArrayLike<number>, kind: "linear" | "log"): Uint8Array {
  const out = new Uint8Array(values.length)
  for (let k = 0; k < out.length; k++) {
    const value = values[k]
    out[k] = !done[k] ? MISSING : Number.isFinite(value) && (kind === "linear" || value > 0) ? GOOD : BAD
  }
  return out
}

/** Which missing points to fill, finest sub-lattices first; marks them in state. */
export function patch(state: Uint8Array, x: ArrayLike<number>, y: ArrayLike<number>): Patches {
  const out: Patches = { cells: [], corners: [], fx: [], fy: [] }
  if (!state.includes(MISSING) || !state.includes(GOOD)) return out
  const [nx, ny] = [x.length, y.length]
  for (let stride = 2; stride < Math.max(nx, ny); stride *= 2) fill(state, x, y, every(nx, stride), every(ny, stride), out)
  for (const [rows, columns] of doneLattices(state, nx, ny)) fill(state, x, y, rows, columns, out)
  return out
}

/** Values of the filled points: linear between the corners, in the logarithm on a log scale; NaN where a corner has none. */
export function filled<T extends Float32Array | Float64Array>(values: T, patches: Patches, kind: "linear" | "log"): T {
  if (!patches.cells.length) return values
  const out = values.slice() as T
  const to = kind === "log" ? Math.log : (v: number) => v
  const back = kind === "log" ? Math.exp : (v: number) => v
  patches.cells.forEach((cell, k) => {
    const [a, b, c, d] = [0, 1, 2, 3].map((corner) => to(values[patches.corners[4 * k + corner]]))
    const [u, v] = [patches.fx[k], patches.fy[k]]
    out[cell] = back((1 - v) * ((1 - u) * a + u * b) + v * ((1 - u) * c + u * d))
  })
  return out
}

function every(n: number, stride: number): number[] {
  const first = ((n - 1) >> 1) % stride
  return Array.from({ length: Math.floor((n - 1 - first) / stride) + 1 }, (_, k) => first + k * stride)
}

/** Sub-lattices of other orders: rows and columns that are done to at least some share, dense ones first. */
function doneLattices(state: Uint8Array, nx: number, ny: number): [number[], number[]][] {
  const [rows, columns] = [new Float64Array(nx), new Float64Array(ny)]
  for (let i = 0, k = 0; i < nx; i++) {
    for (let j = 0; j < ny; j++, k++) {
      if (state[k] !== GOOD) continue
      rows[i] += 1 / ny
      columns[j] += 1 / nx
    }
  }
  const shares = [...new Set([...rows, ...columns].filter((share) => share > 0))].sort((a, b) => a - b)
  const least = shares.filter((_, k) => k % Math.ceil(shares.length / 6) === 0)
  const above = (array: Float64Array, share: number) => [...array.keys()].filter((k) => array[k] >= share)
  return least.map((share) => [above(rows, share), above(columns, share)])
}

function fill(state: Uint8Array, x: ArrayLike<number>, y: ArrayLike<number>, rows: number[], columns: number[], out: Patches): void {
  const ny = y.length
  for (let p = 0; p + 1 < rows.length; p++) {
    const [i0, i1] = [rows[p], rows[p + 1]]
    for (let q = 0; q + 1 < columns.length; q++) {
      const [j0, j1] = [columns[q], columns[q + 1]]
      const corners = [i0 * ny + j0, i1 * ny + j0, i0 * ny + j1, i1 * ny + j1]
      if (corners.some((corner) => state[corner] !== GOOD)) continue
      for (let i = i0; i <= i1; i++) {
        for (let j = j0; j <= j1; j++) {
          if (state[i * ny + j] !== MISSING) continue
          state[i * ny + j] = FILLED
          out.cells.push(i * ny + j)
          out.corners.push(...corners)
          out.fx.push((x[i] - x[i0]) / (x[i1] - x[i0]))
          out.fy.push((y[j] - y[j0]) / (y[j1] - y[j0]))
        }
      }
    }
  }
}
