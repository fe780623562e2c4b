/**
 * Where a ray meets a height field: it walks over the cells below it, from the first to the last, and tests two triangles in each.
 *
 * The cost grows with the number of rows and columns, not with their product.
 */

export type Vector3 = readonly [number, number, number]

/** A height field in box units: values[i · ny + j] at (x[i], y[j]), NaN where there is none. */
export interface Heights {
  x: ArrayLike<number>
  y: ArrayLike<number>
  z: ArrayLike<number>
}

export interface Hit {
  point: [number, number, number]
  distance: number
}

/** The first point of the ray from origin along direction that lies on the surface, at a distance greater than from; null for none. */
export function march(field: Heights, origin: Vector3, direction: Vector3, from = 0): Hit | null {
  const { x, y } = field
  const [nx, ny] = [x.length, y.length]
  if (nx < 2 || ny < 2) return null
  const span = overlap(origin, direction, [x[0], x[nx - 1]], [y[0], y[ny - 1]], from)
  if (!span) return null
  let t = span[0]
  let i = cellOf(x, origin[0] + t * direction[0])
  let j = cellOf(y, origin[1] + t * direction[1])
  for (let step = nx + ny + 2; step > 0; step--) {
    const tx = leaves(x, i, origin[0], direction[0])
    const ty = leaves(y, j, origin[1], direction[1])
    const out = Math.min(tx, ty, span[1])
    const hit = cell(field, i, j, origin, direction, from, t, out)
    if (hit) return hit
    if (out >= span[1]) return null
    if (tx <= ty) i += direction[0] > 0 ? 1 : -1
    if (ty <= tx) j += direction[1] > 0 ? 1 : -1
    if (i < 0 || j < 0 || i > nx - 2 || j > ny - 2) return null
    t = out
  }
  return null
}

/** The cell [k, k + 1] of increasing values that holds a value; the first or last for one outside. */
export function cellOf(values: ArrayLike<number>, value: number): number {
  let [low, high] = [0, values.length - 1]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (values[middle] <= value) low = middle
    else high = middle
  }
  return low
}

/** The nearest of increasing values. */
export function nearest(values: ArrayLike<number>, value: number): number {
  if (values.length < 2) return 0
  const k = cellOf(values, value)
  return value - values[k] <= values[k + 1] - value ? k : k + 1
}

/** Height over a place, linear on the same triangles that march meets; NaN outside and over holes. */
export function heightAt(field: Heights, px: number, py: number): number {
  const { x, y, z } = field
  const ny = y.length
  if (!(px >= x[0] && px <= x[x.length - 1] && py >= y[0] && py <= y[ny - 1])) return NaN
  const [i, j] = [cellOf(x, px), cellOf(y, py)]
  // a place on a line of the lattice belongs to the cells on both sides, one of which may be a hole
  const rows = px === x[i] && i > 0 ? [i, i - 1] : [i]
  const columns = py === y[j] && j > 0 ? [j, j - 1] : [j]
  for (const p of rows) {
    for (const q of columns) {
      const [u, v, k] = [(px - x[p]) / (x[p + 1] - x[p]), (py - y[q]) / (y[q + 1] - y[q]), p * ny + q]
      const [a, b, c, d] = [z[k], z[k + ny], z[k + 1], z[k + ny + 1]]
      if (!Number.isNaN(a + b + c + d)) return u + v <= 1 ? a + u * (b - a) + v * (c - a) : d + (1 - u) * (c - d) + (1 - v) * (b - d)
    }
  }
  return NaN
}

function overlap(o: Vector3, d: Vector3, xs: [number, number], ys: [number, number], from: number): [number, number] | null {
  let [near, far] = [from, Infinity]
  for (const [k, [low, high]] of [xs, ys].entries()) {
    if (d[k] === 0) {
      if (o[k] < low || o[k] > high) return null
      continue
    }
    const [a, b] = [(low - o[k]) / d[k], (high - o[k]) / d[k]]
    near = Math.max(near, Math.min(a, b))
    far = Math.min(far, Math.max(a, b))
  }
  return near <= far ? [near, far] : null
}

/** Where the ray leaves the k-th interval. */
function leaves(values: ArrayLike<number>, k: number, origin: number, direction: number): number {
  if (direction === 0) return Infinity
  return (values[direction > 0 ? k + 1 : k] - origin) / direction
}

function cell(f: Heights, i: number, j: number, o: Vector3, d: Vector3, from: number, t0: number, t1: number): Hit | null {
  const ny = f.y.length
  const k = i * ny + j
  const [za, zb, zc, zd] = [f.z[k], f.z[k + ny], f.z[k + 1], f.z[k + ny + 1]]
  if (Number.isNaN(za + zb + zc + zd)) return null
  const [z0, z1] = [o[2] + t0 * d[2], Number.isFinite(t1) ? o[2] + t1 * d[2] : Math.sign(d[2]) * Infinity]
  if (Math.min(z0, z1) > Math.max(za, zb, zc, zd) || Math.max(z0, z1) < Math.min(za, zb, zc, zd)) return null
  const a: Vector3 = [f.x[i], f.y[j], za]
  const b: Vector3 = [f.x[i + 1], f.y[j], zb]
  const c: Vector3 = [f.x[i], f.y[j + 1], zc]
  const e: Vector3 = [f.x[i + 1], f.y[j + 1], zd]
  const first = triangle(o, d, a, b, c)
  const second = triangle(o, d, b, e, c)
  const distance = Math.min(first > from ? first : Infinity, second > from ? second : Infinity)
  return Number.isFinite(distance)
    ? { point: [o[0] + distance * d[0], o[1] + distance * d[1], o[2] + distance * d[2]], distance }
    : null
}

/** Möller and Trumbore (1997): the distance along the ray, or infinity. */
export function triangle(o: Vector3, d: Vector3, a: Vector3, b: Vector3, c: Vector3): number {
  const [e1x, e1y, e1z] = [b[0] - a[0], b[1] - a[1], b[2] - a[2]]
  const [e2x, e2y, e2z] = [c[0] - a[0], c[1] - a[1], c[2] - a[2]]
  const [px, py, pz] = [d[1] * e2z - d[2] * e2y, d[2] * e2x - d[0] * e2z, d[0] * e2y - d[1] * e2x]
  const det = e1x * px + e1y * py + e1z * pz
  if (det === 0) return Infinity
  const [sx, sy, sz] = [o[0] - a[0], o[1] - a[1], o[2] - a[2]]
  const u = (sx * px + sy * py + sz * pz) / det
  const slack = 1e-9
  if (u < -slack || u > 1 + slack) return Infinity
  const [qx, qy, qz] = [sy * e1z - sz * e1y, sz * e1x - sx * e1z, sx * e1y - sy * e1x]
  const v = (d[0] * qx + d[1] * qy + d[2] * qz) / det
  if (v < -slack || u + v > 1 + slack) return Infinity
  return (e2x * qx + e2y * qy + e2z * qz) / det
}
