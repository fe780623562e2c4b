/**
 * Lines of equal value over a rectangular grid, and the places of their labels.
 *
 * Marching squares: where an edge of a cell joins a corner below the level to one that is not below, the line crosses it, at the place that
 * linear interpolation gives (of logarithms, if levels are drawn on a log scale, so that a line stands where the scale says). A cell with a
 * corner that has no value (NaN, or not positive on a log scale) stays open. A saddle, whose opposite corners are on the same side, is
 * decided by the mean of its four corners: if that is not below the level, the two high corners are joined. Segments run with the higher
 * side on their left, so each crossing has one successor, and a line is followed from crossing to crossing.
 *
 * Everything is in the order of the results: `z[i * y.length + j]` is the value at `(x[i], y[j])`.
 */

/** A curve: x0, y0, x1, y1, …; a closed one does not repeat its first point. */
export interface Polyline {
  points: Float64Array
  closed: boolean
}

/** The lines of one level. */
export interface ContourLevel {
  level: number
  lines: Polyline[]
}

/** For the 16 cases (corner bits 1, 2, 4, 8 counterclockwise from the first), pairs of edges: from, to; edges 0 to 3 in the same order. */
const SEGMENTS: readonly (readonly number[])[] = [
  [], [0, 3], [1, 0], [1, 3], [2, 1], [0, 3, 2, 1], [2, 0], [2, 3],
  [3, 2], [0, 2], [1, 0, 3, 2], [1, 2], [3, 1], [0, 1], [3, 0], [],
]
/** The two saddles where the middle is not below the level: the low corners are cut off. */
const SADDLES: Readonly<Record<number, readonly number[]>> = { 5: [0, 1, 2, 3], 10: [3, 0, 1, 2] }

/** Values as they lie on the scale; NaN for what has no place there. */
export function onScale(z: ArrayLike<number>, kind: "linear" | "log"): Float64Array {
  const out = new Float64Array(z.length)
  for (let k = 0; k < z.length; k++) {
    const value = kind === "log" ? (z[k] > 0 ? Math.log(z[k]) : NaN) : z[k]
    out[k] = Number.isFinite(value) ? value : NaN
  }
  return out
}

/** The contour lines of all levels. x and y increase strictly, `z` holds x.length * y.length values, levels are raw values. */
export function contours(
  x: ArrayLike<number>, y: ArrayLike<number>, z: ArrayLike<number>, levels: readonly number[], kind: "linear" | "log" = "linear",
): ContourLevel[] {
  if (z.length !== x.length * y.length) {
    throw new Error(`contours got ${z.length} values; expected x.length × y.length = ${x.length} × ${y.length}`)
  }
  const values = onScale(z, kind)
  const ends = cellEnds(x.length, y.length, values)
  const next = new Int32Array(2 * z.length).fill(-1)
  const previous = new Int32Array(2 * z.length).fill(-1)
  return levels.map((level) => {
    const at = kind === "log" ? Math.log(level) : level
    return { level, lines: Number.isFinite(at) ? linesAt(x, y, values, at, ends, next, previous) : [] }
  })
}

/** The lowest and the highest corner of every cell, at its first node; a cell with a hole has none, and no level is in between. */
function cellEnds(nx: number, ny: number, values: Float64Array): { low: Float64Array; high: Float64Array } {
  const low = new Float64Array(values.length).fill(Infinity)
  const high = new Float64Array(values.length).fill(-Infinity)
  for (let i = 0; i + 1 < nx; i++) {
    for (let k = i * ny; k + 1 < (i + 1) * ny; k++) {
      const least = Math.min(values[k], values[k + 1], values[k + ny], values[k + ny + 1]) // NaN where one is
      if (Number.isNaN(least)) continue
      low[k] = least
      high[k] = Math.max(values[k], values[k + 1], values[k + ny], values[k + ny + 1])
    }
  }
  return { low, high }
}

/** The lines of one level; `next` and `previous` are -1 everywhere before and after. */
function linesAt(
  x: ArrayLike<number>, y: ArrayLike<number>, values: Float64Array, level: number, ends: { low: Float64Array; high: Float64Array },
  next: Int32Array, previous: Int32Array,
): Polyline[] {
  const crossed: number[] = []
  const { low, high } = ends
  for (let k = 0; k < values.length; k++) if (low[k] < level && high[k] >= level) link(k, y.length, values, level, next, previous, crossed)
  const lines: Polyline[] = []
  for (const open of [true, false]) {
    for (const start of crossed) {
      if (next[start] < 0 || (open && previous[start] >= 0)) continue
      lines.push(follow(start, x, y, values, level, next))
    }
  }
  for (const edge of crossed) next[edge] = previous[edge] = -1
  return lines.filter((line) => line.points.length >= 4)
}

/** The segments of a cell, each noted at the edge where it starts. Edge ids: along x from node k is k, along y is values.length + k. */
function link(
  node: number, ny: number, values: Float64Array, level: number, next: Int32Array, previous: Int32Array, crossed: number[],
): void {
  const count = values.length
  const [a, b, c, d] = [values[node], values[node + ny], values[node + ny + 1], values[node + 1]]
  const which = (a >= level ? 1 : 0) | (b >= level ? 2 : 0) | (c >= level ? 4 : 0) | (d >= level ? 8 : 0)
  const edges = [node, count + node + ny, node + 1, count + node]
  const saddle = SADDLES[which]
  const pairs = saddle && (a + b + c + d) / 4 >= level ? saddle : SEGMENTS[which]
  for (let k = 0; k < pairs.length; k += 2) {
    const from = edges[pairs[k]]
    const to = edges[pairs[k + 1]]
    next[from] = to
    previous[to] = from
    crossed.push(from, to)
  }
}

/** Follow a line from a crossing to its end or back to where it began; points that fall together (a corner at the level) are one. */
function follow(
  start: number, x: ArrayLike<number>, y: ArrayLike<number>, values: Float64Array, level: number, next: Int32Array,
): Polyline {
  const out: number[] = []
  let edge = start
  let closed = false
  for (;;) {
    const [px, py] = crossing(edge, x, y, values, level)
    if (out.length < 2 || px !== out[out.length - 2] || py !== out[out.length - 1]) out.push(px, py)
    const after = next[edge]
    next[edge] = -1
    if (after < 0) break
    if (after === start) {
      closed = true
      break
    }
    edge = after
  }
  const n = out.length
  if (closed && n > 2 && out[0] === out[n - 2] && out[1] === out[n - 1]) out.length = n - 2
  return { points: Float64Array.from(out), closed: closed && out.length >= 6 }
}

function crossing(
  edge: number, x: ArrayLike<number>, y: ArrayLike<number>, values: Float64Array, level: number,
): [number, number] {
  const count = values.length
  const ny = y.length
  const node = edge % count
  const i = Math.floor(node / ny)
  const j = node % ny
  const along = edge < count
  const first = values[node]
  const second = values[along ? node + ny : node + 1]
  const share = (level - first) / (second - first)
  if (second === level) return along ? [x[i + 1], y[j]] : [x[i], y[j + 1]] // without rounding: lines through a corner meet there
  return along ? [x[i] + share * (x[i + 1] - x[i]), y[j]] : [x[i], y[j] + share * (y[j + 1] - y[j])]
}

/** A word in a line: its middle, the direction of the line there (radians, never upside down where y grows downwards), and which line. */
export interface LabelSpot {
  x: number
  y: number
  angle: number
  text: string
  level: number
  line: Polyline
}

/** What labels must keep clear of, and how large they are: all in the units of the lines, which are pixels or like them. */
export interface LabelRoom {
  frame: [number, number, number, number] // x0, y0, x1, y1
  width: (text: string) => number
  height: number
  avoid?: readonly [number, number][]
  /** rectangles that no label may touch: x0, y0, x1, y1 */
  clear?: readonly (readonly [number, number, number, number])[]
  /** labels of one level */
  most?: number
}

/**
 * Where the labels of contour lines go: on long lines, where they are straight over the length of the word, away from the frame, from other
 * labels, from other lines and from what is to be avoided. `texts[k]` belongs to `of[k]`; an empty one asks for no label.
 */
export function labelPlaces(of: readonly ContourLevel[], texts: readonly string[], room: LabelRoom): LabelSpot[] {
  const near = new Buckets(of, room.height)
  const taken: { x: number; y: number; reach: number }[] = (room.avoid ?? []).map(([x, y]) => ({ x, y, reach: room.height }))
  const spots: LabelSpot[] = []
  of.forEach(({ level, lines }, k) => {
    const text = texts[k]
    if (!text) return
    const width = room.width(text)
    const long = lines.map((line) => ({ line, length: lengthOf(line) })).filter(({ length }) => length > 1.6 * width + room.height)
    long.sort((a, b) => b.length - a.length)
    for (const { line, length } of long.slice(0, room.most ?? 2)) {
      const best = bestPlace(line, length, width, k, room, near, taken)
      if (!best) continue
      taken.push({ x: best.x, y: best.y, reach: width / 2 + room.height })
      spots.push({ ...best, text, level, line })
    }
  })
  return spots
}

const CANDIDATES = 72

function bestPlace(
  line: Polyline, length: number, width: number, level: number, room: LabelRoom, near: Buckets,
  taken: readonly { x: number; y: number; reach: number }[],
): { x: number; y: number; angle: number } | null {
  const walk = new Walk(line)
  const [x0, y0, x1, y1] = room.frame
  const margin = width / 2 + room.height / 2
  let best: { x: number; y: number; angle: number } | null = null
  let most = -Infinity
  for (let k = 0; k < CANDIDATES; k++) {
    const at = ((k + 0.5) / CANDIDATES) * length
    if (!line.closed && (at < width / 2 || at > length - width / 2)) continue
    const [x, y] = walk.at(at)
    const inside = Math.min(x - x0, x1 - x, y - y0, y1 - y)
    if (inside < margin * 0.6 || x - x0 < room.height || x1 - x < room.height) continue
    const [ax, ay] = walk.at(at - width / 2)
    const [bx, by] = walk.at(at + width / 2)
    const straight = Math.hypot(bx - ax, by - ay) / width
    if (straight < 0.8) continue
    const apart = taken.reduce((least, other) => Math.min(least, Math.hypot(x - other.x, y - other.y) - other.reach - width / 2), Infinity)
    if (apart < 0) continue
    const turn = Math.atan2(by - ay, bx - ax)
    const [wide, high] = [width / 2, room.height / 2]
    const reachX = Math.abs(wide * Math.cos(turn)) + Math.abs(high * Math.sin(turn))
    const reachY = Math.abs(wide * Math.sin(turn)) + Math.abs(high * Math.cos(turn))
    if (room.clear?.some((box) => box[0] < x + reachX && x - reachX < box[2] && box[1] < y + reachY && y - reachY < box[3])) continue
    const clear = Math.min(near.distance(x, y, level), near.distance(ax, ay, level), near.distance(bx, by, level)) / room.height
    if (clear < 0.5) continue
    const score = Math.min(apart, 8 * room.height) / (8 * room.height) + 1.5 * Math.min(clear, 1.5) + 6 * (straight - 0.8)
    if (score > most) {
      most = score
      best = { x, y, angle: upright(turn) }
    }
  }
  return best
}

/** An angle along the same line at which text is not upside down. */
export function upright(angle: number): number {
  const turned = Math.atan2(Math.sin(angle), Math.cos(angle))
  return turned > Math.PI / 2 ? turned - Math.PI : turned <= -Math.PI / 2 ? turned + Math.PI : turned
}

/** The length of a curve. */
export function lengthOf(line: Polyline): number {
  return new Walk(line).length
}

/** Places along a curve, by their distance from its beginning; on a closed one distances go round. */
class Walk {
  readonly length: number
  private readonly sums: Float64Array
  private readonly count: number

  constructor(private readonly line: Polyline) {
    const { points, closed } = line
    const n = points.length / 2
    this.count = closed ? n + 1 : n
    this.sums = new Float64Array(this.count)
    for (let k = 1; k < this.count; k++) {
      const a = 2 * (k - 1)
      const b = 2 * (k % n)
      this.sums[k] = this.sums[k - 1] + Math.hypot(points[b] - points[a], points[b + 1] - points[a + 1])
    }
    this.length = this.sums[this.count - 1] ?? 0
  }

  at(distance: number): [number, number] {
    const { points, closed } = this.line
    const n = points.length / 2
    const wanted = closed ? ((distance % this.length) + this.length) % this.length : Math.min(Math.max(distance, 0), this.length)
    let low = 0
    let high = this.count - 1
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (this.sums[middle] <= wanted) low = middle
      else high = middle
    }
    const span = this.sums[high] - this.sums[low]
    const share = span > 0 ? (wanted - this.sums[low]) / span : 0
    const a = 2 * (low % n)
    const b = 2 * (high % n)
    return [points[a] + share * (points[b] - points[a]), points[a + 1] + share * (points[b + 1] - points[a + 1])]
  }
}

/** The points of all lines in square buckets, so that the nearest of another level is found quickly; segments are filled in. */
class Buckets {
  private readonly cells = new Map<string, [number, number, number][]>()

  constructor(of: readonly ContourLevel[], private readonly size: number) {
    of.forEach(({ lines }, level) => {
      for (const line of lines) {
        const walk = new Walk(line)
        for (let at = 0; at <= walk.length; at += size / 2) this.add(...walk.at(at), level)
      }
    })
  }

  private add(x: number, y: number, level: number): void {
    const key = `${Math.floor(x / this.size)} ${Math.floor(y / this.size)}`
    const cell = this.cells.get(key)
    if (cell) cell.push([x, y, level])
    else this.cells.set(key, [[x, y, level]])
  }

  /** The distance to the nearest line of another level, up to two buckets away. */
  distance(x: number, y: number, level: number): number {
    const i = Math.floor(x / this.size)
    const j = Math.floor(y / this.size)
    let least = 2 * this.size
    for (let di = -2; di <= 2; di++) {
      for (let dj = -2; dj <= 2; dj++) {
        for (const [px, py, of] of this.cells.get(`${i + di} ${j + dj}`) ?? []) {
          if (of !== level) least = Math.min(least, Math.hypot(px - x, py - y))
        }
      }
    }
    return least
  }
}

/** What is left of a line when `gap` on both sides of each spot on it is taken out, so that a word stands there. */
export function gapped(line: Polyline, spots: readonly { x: number; y: number }[], gap: number): Polyline[] {
  if (!spots.length) return [line]
  const n = line.points.length / 2
  const count = line.closed ? n + 1 : n
  const pieces: number[][] = [[]]
  for (let k = 0; k + 1 < count; k++) {
    const [ax, ay] = [line.points[2 * k], line.points[2 * k + 1]]
    const [bx, by] = [line.points[2 * ((k + 1) % n)], line.points[2 * ((k + 1) % n) + 1]]
    let parts: [number, number][] = [[0, 1]]
    for (const spot of spots) parts = parts.flatMap((part) => outside(part, ax, ay, bx, by, spot, gap))
    for (const [from, to] of parts) {
      const piece = pieces[pieces.length - 1]
      const begins = [ax + from * (bx - ax), ay + from * (by - ay)]
      if (piece.length && from > 0) pieces.push([...begins])
      else if (!piece.length) piece.push(...begins)
      pieces[pieces.length - 1].push(ax + to * (bx - ax), ay + to * (by - ay))
      if (to < 1) pieces.push([])
    }
    if (!parts.length && pieces[pieces.length - 1].length) pieces.push([])
  }
  return pieces.filter((piece) => piece.length >= 4).map((piece) => ({ points: Float64Array.from(piece), closed: false }))
}

/** The parts (shares of a segment) that lie outside a circle. */
function outside(
  [from, to]: [number, number], ax: number, ay: number, bx: number, by: number, spot: { x: number; y: number }, radius: number,
): [number, number][] {
  const [dx, dy, cx, cy] = [bx - ax, by - ay, ax - spot.x, ay - spot.y]
  const a = dx * dx + dy * dy
  const b = cx * dx + cy * dy
  const discriminant = b * b - a * (cx * cx + cy * cy - radius * radius)
  if (a === 0) return cx * cx + cy * cy < radius * radius ? [] : [[from, to]]
  if (discriminant <= 0) return [[from, to]]
  const [first, last] = [(-b - Math.sqrt(discriminant)) / a, (-b + Math.sqrt(discriminant)) / a]
  const out: [number, number][] = []
  if (first > from) out.push([from, Math.min(to, first)])
  if (last < to) out.push([Math.max(from, last), to])
  return out.filter(([low, high]) => high > low)
}
