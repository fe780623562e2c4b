import { describe, expect, it } from "vitest"
import { contours, gapped, labelPlaces, lengthOf, upright, type Polyline } from "./contours"

function grid(x: number[], y: number[], f: (x: number, y: number) => number): Float64Array {
  return Float64Array.from(x.flatMap((a) => y.map((b) => f(a, b))))
}

function spaced(low: number, high: number, n: number): number[] {
  return Array.from({ length: n }, (_, k) => low + ((high - low) * k) / (n - 1))
}

function pairs(line: Polyline): [number, number][] {
  return Array.from({ length: line.points.length / 2 }, (_, k) => [line.points[2 * k], line.points[2 * k + 1]])
}

/** Every segment of every line as text, in one direction. */
function segments(lines: Polyline[]): string[] {
  const key = (p: [number, number]) => p.map((v) => v.toFixed(9)).join(",")
  return lines.flatMap((line) => {
    const points = pairs(line)
    const ends = line.closed ? [...points, points[0]] : points
    return ends.slice(1).map((p, k) => [key(ends[k]), key(p)].sort().join(" "))
  }).sort()
}

/** Cell by cell, by the definition: crossings of the four sides, joined in pairs; saddles by the mean. */
function bruteForce(x: number[], y: number[], z: Float64Array, level: number): string[] {
  const out: string[] = []
  for (let i = 0; i + 1 < x.length; i++) {
    for (let j = 0; j + 1 < y.length; j++) {
      const corners: [number, number, number][] = [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]].map(
        ([a, b]) => [x[a], y[b], z[a * y.length + b]])
      if (corners.some(([, , v]) => Number.isNaN(v))) continue
      const cross: [number, number][] = []
      const sides: number[] = []
      corners.forEach(([ax, ay, av], k) => {
        const [bx, by, bv] = corners[(k + 1) % 4]
        if (av >= level === bv >= level) return
        const t = (level - av) / (bv - av)
        cross.push([ax + t * (bx - ax), ay + t * (by - ay)])
        sides.push(k)
      })
      const joined = cross.length === 2 ? [[0, 1]] : []
      if (cross.length === 4) {
        const middle = corners.reduce((sum, [, , v]) => sum + v, 0) / 4
        const cutFirst = corners[0][2] >= level !== middle >= level // the first corner stands alone: sides 3 and 0 are joined
        joined.push(...(cutFirst ? [[3, 0], [1, 2]] : [[0, 1], [2, 3]]))
      }
      for (const [a, b] of joined) {
        const key = (p: [number, number]) => p.map((v) => v.toFixed(9)).join(",")
        if (key(cross[a]) !== key(cross[b])) out.push([key(cross[a]), key(cross[b])].sort().join(" "))
      }
    }
  }
  return out.sort()
}

describe("contours", () => {
  it("finds circles of a paraboloid, closed, with the higher side on the left", () => {
    const [x, y] = [spaced(-2, 2, 81), spaced(-2, 2, 61)]
    const [{ lines }] = contours(x, y, grid(x, y, (a, b) => a * a + b * b), [1])
    expect(lines.length).toBe(1)
    expect(lines[0].closed).toBe(true)
    for (const [a, b] of pairs(lines[0])) expect(Math.hypot(a, b)).toBeCloseTo(1, 2)
    expect(lengthOf(lines[0])).toBeCloseTo(2 * Math.PI, 2)
    const points = pairs(lines[0])
    const area = points.reduce((sum, [a, b], k) => sum + (a * points[(k + 1) % points.length][1] - points[(k + 1) % points.length][0] * b) / 2, 0)
    expect(area).toBeCloseTo(-Math.PI, 1) // clockwise: higher is outside
  })

  it("is exact for a plane on a grid that is neither square nor uniform", () => {
    const [x, y] = [[0, 0.1, 1, 3], [-5, -1, 0, 2, 2.5, 7]]
    const [{ lines }] = contours(x, y, grid(x, y, (a, b) => 2 * a + b), [1.3])
    expect(lines.length).toBe(1)
    expect(lines[0].closed).toBe(false)
    for (const [a, b] of pairs(lines[0])) expect(2 * a + b).toBeCloseTo(1.3, 12)
    const ends = [pairs(lines[0])[0], pairs(lines[0])[pairs(lines[0]).length - 1]]
    for (const [a, b] of ends) expect(a === 0 || a === 3 || b === -5 || b === 7).toBe(true)
  })

  it("interpolates logarithms on a log scale, and levels and values that are not positive have no place", () => {
    const [x, y] = [[0, 1], [0, 1]]
    const z = grid(x, y, (a) => Math.pow(10, 2 * a)) // 1 to 100
    const [ten, none] = contours(x, y, z, [10, -1], "log")
    expect(pairs(ten.lines[0]).map(([a]) => a)).toEqual([0.5, 0.5])
    expect(none.lines).toEqual([])
    const [linear] = contours(x, y, z, [10])
    expect(pairs(linear.lines[0])[0][0]).toBeCloseTo(9 / 99, 12)
    expect(contours([0, 1], [0, 1], [0, 100, 100, 100], [10], "log")[0].lines).toEqual([])
  })

  it("leaves cells with a hole open", () => {
    const [x, y] = [spaced(-1, 1, 21), spaced(-1, 1, 21)]
    const z = grid(x, y, (a, b) => Math.hypot(a, b))
    z[15 * 21 + 10] = NaN // on the circle of radius 0.5
    const [{ lines }] = contours(x, y, z, [0.5])
    expect(lines.length).toBe(1)
    expect(lines[0].closed).toBe(false)
    for (const [a, b] of pairs(lines[0])) expect(a > 0.41 && Math.abs(b) < 0.09).toBe(false)
  })

  it("decides a saddle by the mean of its corners", () => {
    const low = contours([0, 1], [0, 1], [1, 0, 0, 1], [0.6])[0].lines // mean 0.5: below, the high corners are apart
    expect(low.length).toBe(2)
    for (const line of low) expect(pairs(line).every(([a, b]) => a + b < 1) || pairs(line).every(([a, b]) => a + b > 1)).toBe(true)
    const high = contours([0, 1], [0, 1], [1, 0, 0, 1], [0.4])[0].lines
    expect(high.length).toBe(2)
    for (const line of high) expect(pairs(line).every(([a, b]) => a < b) || pairs(line).every(([a, b]) => a > b)).toBe(true)
  })

  it("equals the definition cell by cell on noise with holes, ties and saddles", () => {
    let seed = 7
    const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647
    for (let round = 0; round < 20; round++) {
      const x = spaced(0, 1, 9).map((v) => v + 0.05 * random())
      const y = spaced(-1, 1, 6).map((v) => v + 0.05 * random())
      const z = grid(x, y, () => Math.round(4 * random()) / 2)
      for (let k = 0; k < 5; k++) z[Math.floor(random() * z.length)] = NaN
      for (const level of [0.25, 0.5, 1, 1.3]) {
        expect(segments(contours(x, y, z, [level])[0].lines)).toEqual(bruteForce(x, y, z, level))
      }
    }
  })

  it("refuses values of another shape", () => {
    expect(() => contours([0, 1], [0, 1, 2], [1, 2, 3, 4], [1])).toThrow("2 × 3")
  })
})

describe("labels", () => {
  const [x, y] = [spaced(0, 400, 101), spaced(0, 300, 76)]
  const z = grid(x, y, (a, b) => Math.hypot(a - 200, b - 150))
  const of = contours(x, y, z, [40, 80, 120])
  const room = { frame: [0, 0, 400, 300] as [number, number, number, number], width: (text: string) => 7 * text.length, height: 10 }

  it("stand on their lines, along them, inside the frame and apart", () => {
    const spots = labelPlaces(of, ["40", "80", "120"], room)
    expect(spots.map((spot) => spot.text)).toEqual(["40", "80", "120"])
    for (const spot of spots) {
      expect(Math.hypot(spot.x - 200, spot.y - 150)).toBeCloseTo(spot.level, 0)
      const [dx, dy] = [spot.x - 200, spot.y - 150]
      expect(Math.abs(Math.cos(spot.angle) * dx + Math.sin(spot.angle) * dy)).toBeLessThan(0.15 * spot.level)
      expect(Math.abs(spot.angle)).toBeLessThanOrEqual(Math.PI / 2)
    }
    for (const a of spots) for (const b of spots) if (a !== b) expect(Math.hypot(a.x - b.x, a.y - b.y)).toBeGreaterThan(20)
  })

  it("keep clear of what is avoided, and of lines that are too short or too close", () => {
    const at: [number, number] = [labelPlaces(of, ["40", "", ""], room)[0].x, labelPlaces(of, ["40", "", ""], room)[0].y]
    const moved = labelPlaces(of, ["40", "", ""], { ...room, avoid: [at] })[0]
    expect(Math.hypot(moved.x - at[0], moved.y - at[1])).toBeGreaterThan(10)
    const box = [at[0] - 60, at[1] - 8, at[0] + 8, at[1] + 8] as const
    const [other] = labelPlaces(of, ["40", "", ""], { ...room, clear: [box] })
    expect(other.x - 5 < box[2] && other.x + 5 > box[0] && other.y - 5 < box[3] && other.y + 5 > box[1]).toBe(false)
    expect(labelPlaces(of, ["40", "", ""], { ...room, clear: [[0, 0, 400, 300]] })).toEqual([])
    expect(labelPlaces(contours(x, y, z, [6]), ["6.000"], room)).toEqual([])
    expect(labelPlaces(contours(x, y, z, [100, 102]), ["100", ""], room)).toEqual([])
  })

  it("leave a gap in the line", () => {
    const line = of[1].lines[0]
    const [spot] = labelPlaces([of[1]], ["80"], { ...room, most: 1 })
    const left = gapped(line, [spot], 12)
    expect(left.length).toBeLessThanOrEqual(2)
    for (const piece of left) for (const [a, b] of pairs(piece)) expect(Math.hypot(a - spot.x, b - spot.y)).toBeGreaterThan(11.99)
    const kept = left.reduce((sum, piece) => sum + lengthOf(piece), 0)
    expect(lengthOf(line) - kept).toBeCloseTo(24, 0)
    expect(gapped(line, [], 12)).toEqual([line])
    const straight: Polyline = { points: Float64Array.from([0, 0, 10, 0]), closed: false }
    expect(gapped(straight, [{ x: 5, y: 0 }], 2).map((piece) => [...piece.points])).toEqual([[0, 0, 3, 0], [7, 0, 10, 0]])
  })

  it("are never upside down", () => {
    expect(upright(Math.PI)).toBeCloseTo(0, 12)
    expect(upright(-2.5)).toBeCloseTo(Math.PI - 2.5, 12)
    expect(upright(Math.PI / 2)).toBeCloseTo(Math.PI / 2, 12)
  })
})
