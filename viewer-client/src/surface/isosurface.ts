/**
 * Surfaces of equal value in a volume, by marching tetrahedra: every cube is cut into six tetrahedra along its diagonal, and in each the
 * surface is one triangle or two.
 *
 * Neighbouring cubes are cut the same way, so surfaces have no gaps: they end at holes (cubes with a corner that has no value) and at the
 * sides of the volume, and nowhere else. Vertices are shared; normals are the gradient of the values, linear along the edges. (A. Doi and
 * A. Koide, "An efficient method of triangulating equi-valued surfaces by using tetrahedral cells", IEICE Trans. E74, 1991.)
 */

export interface Block {
  /** values[(i · ny + j) · nz + k] at (x[i], y[j], z[k]); NaN where there is none */
  values: Float32Array
  x: ArrayLike<number>
  y: ArrayLike<number>
  z: ArrayLike<number>
  /** a second quantity, carried along; null: none */
  tones: Float32Array | null
}

export interface Isosurface {
  positions: Float32Array
  /** towards higher values, of length 1 */
  normals: Float32Array
  tones: Float32Array
  indices: Uint32Array
}

// corner c of a cube lies at (c & 1, c >> 1 & 1, c >> 2): the paths from corner 0 to corner 7
const TETRAHEDRA = [[0, 1, 3, 7], [0, 3, 2, 7], [0, 2, 6, 7], [0, 6, 4, 7], [0, 4, 5, 7], [0, 5, 1, 7]]

/** For each tetrahedron and each set of its corners that are below the level: triangles as edges (smaller corner, larger corner). */
const TRIANGLES: number[][][] = TETRAHEDRA.map((corners) => Array.from({ length: 16 }, (_, set) => trianglesOf(corners, set)))

function trianglesOf(corners: readonly number[], set: number): number[] {
  const low = corners.filter((_, k) => set & (1 << k))
  const high = corners.filter((_, k) => !(set & (1 << k)))
  const edge = (l: number, h: number) => (l < h ? [l, h] : [h, l]) // on all of these edges the smaller corner is part of the larger
  if (low.length === 1) return high.flatMap((h) => edge(low[0], h))
  if (high.length === 1) return low.flatMap((l) => edge(l, high[0]))
  if (low.length !== 2) return []
  const [a, b, c, d] = [edge(low[0], high[0]), edge(low[0], high[1]), edge(low[1], high[1]), edge(low[1], high[0])]
  return [a, b, c, a, c, d].flat()
}

/** The surface of the points with this value, at once. */
export function isosurface(block: Block, level: number): Isosurface {
  const steps = isosurfaceSteps(block, level)
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}

/** The same slab by slab, so that others can work in between. */
export function* isosurfaceSteps(block: Block, level: number): Generator<void, Isosurface> {
  const builder = new Builder(block, level)
  for (let i = 0; i < block.x.length - 1; i++) {
    builder.slab(i)
    yield
  }
  return builder.result()
}

class Builder {
  private readonly positions: number[] = []
  private readonly normals: number[] = []
  private readonly tones: number[] = []
  private readonly indices: number[] = []
  /** vertex on the edge from a point in one of seven directions, plus 1 */
  private readonly made: Int32Array
  private readonly steps: number[]
  private readonly sizes: [number, number, number]

  constructor(private readonly block: Block, private readonly level: number) {
    const [ny, nz] = [block.y.length, block.z.length]
    this.sizes = [block.x.length, ny, nz]
    this.made = new Int32Array(7 * block.values.length)
    this.steps = [0, 1, 2, 3, 4, 5, 6, 7].map((c) => (c & 1 ? ny * nz : 0) + (c & 2 ? nz : 0) + (c & 4 ? 1 : 0))
  }

  slab(i: number): void {
    const { values } = this.block
    const [, ny, nz] = this.sizes
    const { level, steps } = this
    for (let j = 0; j < ny - 1; j++) {
      for (let k = 0; k < nz - 1; k++) {
        const base = (i * ny + j) * nz + k
        let [inside, sum] = [0, 0]
        for (let c = 0; c < 8; c++) {
          const value = values[base + steps[c]]
          sum += value
          if (value < level) inside |= 1 << c
        }
        if (inside === 0 || inside === 255 || Number.isNaN(sum)) continue
        for (let t = 0; t < 6; t++) this.tetrahedron(base, t, inside)
      }
    }
  }

  result(): Isosurface {
    return {
      positions: Float32Array.from(this.positions), normals: Float32Array.from(this.normals),
      tones: Float32Array.from(this.tones), indices: Uint32Array.from(this.indices),
    }
  }

  private tetrahedron(base: number, t: number, inside: number): void {
    const [a, b, c, d] = TETRAHEDRA[t]
    const set = ((inside >> a) & 1) | (((inside >> b) & 1) << 1) | (((inside >> c) & 1) << 2) | (((inside >> d) & 1) << 3)
    const edges = TRIANGLES[t][set]
    for (let e = 0; e < edges.length; e += 6) {
      this.triangle(
        this.vertex(base, edges[e], edges[e + 1]),
        this.vertex(base, edges[e + 2], edges[e + 3]),
        this.vertex(base, edges[e + 4], edges[e + 5]),
      )
    }
  }

  /** A triangle that is counter-clockwise seen from higher values. */
  private triangle(a: number, b: number, c: number): void {
    const { positions: p, normals: n } = this
    const [i, j, k] = [3 * a, 3 * b, 3 * c]
    const [ux, uy, uz] = [p[j] - p[i], p[j + 1] - p[i + 1], p[j + 2] - p[i + 2]]
    const [vx, vy, vz] = [p[k] - p[i], p[k + 1] - p[i + 1], p[k + 2] - p[i + 2]]
    const along = (uy * vz - uz * vy) * (n[i] + n[j] + n[k]) + (uz * vx - ux * vz) * (n[i + 1] + n[j + 1] + n[k + 1])
      + (ux * vy - uy * vx) * (n[i + 2] + n[j + 2] + n[k + 2])
    if (along >= 0) this.indices.push(a, b, c)
    else this.indices.push(a, c, b)
  }

  private vertex(base: number, from: number, to: number): number {
    const key = 7 * (base + this.steps[from]) + (to ^ from) - 1
    return (this.made[key] ||= this.newVertex(base + this.steps[from], base + this.steps[to])) - 1
  }

  /** How many vertices there are with the one between two points. */
  private newVertex(p: number, q: number): number {
    const { values, tones } = this.block
    const share = (this.level - values[p]) / (values[q] - values[p])
    const [a, b] = [this.point(p), this.point(q)]
    const [g, h] = [this.gradient(p), this.gradient(q)]
    const [nx, ny, nz] = [g[0] + share * (h[0] - g[0]), g[1] + share * (h[1] - g[1]), g[2] + share * (h[2] - g[2])]
    const length = Math.hypot(nx, ny, nz) || 1
    this.positions.push(a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1]), a[2] + share * (b[2] - a[2]))
    this.normals.push(nx / length, ny / length, nz / length)
    this.tones.push(tones ? tones[p] + share * (tones[q] - tones[p]) : this.level)
    return this.positions.length / 3
  }

  private at(p: number): [number, number, number] {
    const [, ny, nz] = this.sizes
    return [Math.floor(p / (ny * nz)), Math.floor(p / nz) % ny, p % nz]
  }

  private point(p: number): [number, number, number] {
    const [i, j, k] = this.at(p)
    return [this.block.x[i], this.block.y[j], this.block.z[k]]
  }

  /** Differences between the neighbours that have values. */
  private gradient(p: number): [number, number, number] {
    const [i, j, k] = this.at(p)
    const { x, y, z } = this.block
    const [, ny, nz] = this.sizes
    return [this.difference(p, i, ny * nz, x), this.difference(p, j, nz, y), this.difference(p, k, 1, z)]
  }

  private difference(p: number, here: number, stride: number, axis: ArrayLike<number>): number {
    const { values } = this.block
    const before = here > 0 && !Number.isNaN(values[p - stride]) ? 1 : 0
    const after = here < axis.length - 1 && !Number.isNaN(values[p + stride]) ? 1 : 0
    if (before + after === 0) return 0
    return (values[p + after * stride] - values[p - before * stride]) / (axis[here + after] - axis[here - before])
  }
}
