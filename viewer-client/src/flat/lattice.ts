/**
 * Which rows and columns show most of an unfinished plane (as figures/slice.py has it).
 *
 * Points come coarse first, so the finest rows may hold a few scattered points while every second row is complete. Contours need whole
 * cells: of the sub-lattices "rows and columns done to at least this share", the one with the most area in whole cells wins.
 */

/** `done[i * ny + j]`; the chosen rows (along x) and columns (along y), all of them where everything or nothing is done. */
export function lattice(done: ArrayLike<number>, nx: number, ny: number): { rows: number[]; columns: number[] } {
  const byRow = new Float64Array(nx)
  const byColumn = new Float64Array(ny)
  let total = 0
  for (let i = 0; i < nx; i++) {
    for (let j = 0; j < ny; j++) {
      const one = done[i * ny + j] ? 1 : 0
      byRow[i] += one / ny
      byColumn[j] += one / nx
      total += one
    }
  }
  let best = { rows: range(nx), columns: range(ny) }
  if (total === 0 || total === nx * ny) return best
  let most = -1
  const shares = [...new Set([...byRow, ...byColumn].filter((share) => share > 0))].sort((a, b) => a - b)
  for (const least of shares) {
    const rows = range(nx).filter((i) => byRow[i] >= least - 1e-12)
    const columns = range(ny).filter((j) => byColumn[j] >= least - 1e-12)
    if (rows.length < 2 || columns.length < 2) continue
    const area = wholeArea(done, ny, rows, columns)
    if (area > most) {
      most = area
      best = { rows, columns }
    }
  }
  return best
}

function wholeArea(done: ArrayLike<number>, ny: number, rows: number[], columns: number[]): number {
  let area = 0
  for (let a = 0; a + 1 < rows.length; a++) {
    const [low, high] = [rows[a] * ny, rows[a + 1] * ny]
    for (let b = 0; b + 1 < columns.length; b++) {
      const [left, right] = [columns[b], columns[b + 1]]
      if (done[low + left] && done[low + right] && done[high + left] && done[high + right]) area += (rows[a + 1] - rows[a]) * (right - left)
    }
  }
  return area
}

function range(n: number): number[] {
  return Array.from({ length: n }, (_, k) => k)
}

/**
 * For every cell the cell whose value it shows: itself where it is done, else the nearest one of the coarse lattice if that is done, so
 * that what is done so far stands as coarse cells; -1 where there is nothing to show.
 */
export function sources(done: ArrayLike<number>, nx: number, ny: number): Int32Array {
  const out = new Int32Array(nx * ny)
  const { rows, columns } = lattice(done, nx, ny)
  const row = nearest(rows, nx)
  const column = nearest(columns, ny)
  for (let i = 0; i < nx; i++) {
    for (let j = 0; j < ny; j++) {
      const own = i * ny + j
      const coarse = row[i] * ny + column[j]
      out[own] = done[own] ? own : done[coarse] ? coarse : -1
    }
  }
  return out
}

function nearest(kept: number[], n: number): Int32Array {
  const out = new Int32Array(n)
  let at = 0
  for (let k = 0; k < n; k++) {
    while (at + 1 < kept.length && Math.abs(kept[at + 1] - k) <= Math.abs(kept[at] - k)) at++
    out[k] = kept[at]
  }
  return out
}
