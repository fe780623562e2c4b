import { describe, expect, it } from "vitest"
import { random, spread } from "./fixture"
import type { Heights, Vector3 } from "./march"
import { cellOf, heightAt, march, nearest, triangle } from "./march"

function terrain(nx: number, ny: number, seed: number, holes: number): Heights {
  const next = random(seed)
  const uneven = (n: number) => spread(n, -0.5, 0.5).map((value) => Math.sign(value) * Math.abs(value) ** 1.4)
  const z = Float64Array.from({ length: nx * ny }, () => (next() < holes ? NaN : 0.4 * next() - 0.2))
  return { x: uneven(nx), y: uneven(ny), z }
}

/** every triangle, one by one */
function brute(field: Heights, origin: Vector3, direction: Vector3): number {
  const { x, y, z } = field
  let best = Infinity
  for (let i = 0; i + 1 < x.length; i++) {
    for (let j = 0; j + 1 < y.length; j++) {
      const k = i * y.length + j
      const [a, b, c, d] = [k, k + y.length, k + 1, k + y.length + 1]
      if ([a, b, c, d].some((at) => Number.isNaN(z[at]))) continue
      const p: Vector3[] = [[x[i], y[j], z[a]], [x[i + 1], y[j], z[b]], [x[i], y[j + 1], z[c]], [x[i + 1], y[j + 1], z[d]]]
      for (const [u, v, w] of [[0, 1, 2], [1, 3, 2]]) {
        const distance = triangle(origin, direction, p[u], p[v], p[w])
        if (distance > 0) best = Math.min(best, distance)
      }
    }
  }
  return best
}

describe("march", () => {
  it("finds what trying every triangle finds, from all sides, with holes, on a lattice that is not square", () => {
    const next = random(7)
    let hits = 0
    for (const [nx, ny, holes] of [[13, 7, 0], [5, 21, 0.1], [2, 2, 0], [30, 30, 0.02]]) {
      const field = terrain(nx, ny, nx, holes)
      for (let n = 0; n < 300; n++) {
        const origin: Vector3 = [4 * next() - 2, 4 * next() - 2, 2 * next() - 0.6]
        const aim = [next() - 0.5, next() - 0.5, 0.3 * next() - 0.15]
        const to = origin.map((value, k) => aim[k] - value)
        const direction = to.map((value) => value / Math.hypot(...to)) as unknown as Vector3
        const expected = brute(field, origin, direction)
        const found = march(field, origin, direction)
        if (Number.isFinite(expected)) {
          hits++
          expect(found).not.toBeNull()
          expect(found!.distance).toBeCloseTo(expected, 9)
        } else expect(found).toBeNull()
      }
    }
    expect(hits).toBeGreaterThan(500)
  })

  it("works straight down and along an axis", () => {
    const field: Heights = { x: [0, 1, 2], y: [0, 1], z: [0, 0, 1, 1, 2, 2] }
    expect(march(field, [1.5, 0.5, 9], [0, 0, -1])!.point[2]).toBeCloseTo(1.5)
    expect(march(field, [-1, 0.5, 0.5], [1, 0, 0])!.point[0]).toBeCloseTo(0.5)
    expect(march(field, [-1, 0.5, 5], [1, 0, 0])).toBeNull()
    expect(march(field, [5, 5, 5], [0, 0, -1])).toBeNull()
  })

  it("leaves out what is nearer than asked", () => {
    const field: Heights = { x: [0, 1], y: [0, 1], z: [0, 0, 0, 0] }
    expect(march(field, [0.2, 0.3, 0], [0, 0.6, 0.8], 0.01)).toBeNull()
  })
})

describe("heightAt", () => {
  it("is linear in a cell, NaN outside and over holes", () => {
    const field: Heights = { x: [0, 1, 2], y: [0, 2], z: [0, 2, 1, 3, NaN, 4] }
    expect(heightAt(field, 0.5, 1)).toBeCloseTo(1.5)
    expect(heightAt(field, 1, 2)).toBeCloseTo(3)
    expect(heightAt(field, 1, 1)).toBeCloseTo(2)
    expect(heightAt(field, 0.75, 1.5)).toBeCloseTo(march(field, [0.75, 1.5, 9], [0, 0, -1])!.point[2])
    expect(heightAt(field, 1.5, 1)).toBeNaN()
    expect(heightAt(field, -0.1, 1)).toBeNaN()
  })
})

describe("cells", () => {
  it("are found by halving", () => {
    expect([-5, 0, 0.9, 1, 2.9, 3, 99].map((value) => cellOf([0, 1, 2, 3], value))).toEqual([0, 0, 0, 1, 2, 2, 2])
    expect([-5, 0.4, 0.6, 9].map((value) => nearest([0, 1, 5], value))).toEqual([0, 0, 1, 2])
    expect(nearest([4], 9)).toBe(0)
  })
})
