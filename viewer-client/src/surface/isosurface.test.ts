import { describe, expect, it } from "vitest"
import { spread } from "./fixture"
import type { Block, Isosurface } from "./isosurface"
import { isosurface } from "./isosurface"

function block(n: [number, number, number], of: (x: number, y: number, z: number) => number): Block {
  const [x, y, z] = n.map((count) => spread(count, -1, 1).map((value) => Math.sign(value) * Math.abs(value) ** 1.15))
  const values = new Float32Array(n[0] * n[1] * n[2])
  let k = 0
  for (const a of x) for (const b of y) for (const c of z) values[k++] = of(a, b, c)
  return { x, y, z, values, tones: values.map((value) => 2 * value) }
}

function at({ positions }: Isosurface, k: number): number[] {
  return [positions[3 * k], positions[3 * k + 1], positions[3 * k + 2]]
}

/** volume inside, positive where triangles are counter-clockwise from outside */
function volume(surface: Isosurface): number {
  let sum = 0
  for (let t = 0; t < surface.indices.length; t += 3) {
    const [a, b, c] = [0, 1, 2].map((k) => at(surface, surface.indices[t + k]))
    sum += (a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) + a[2] * (b[0] * c[1] - b[1] * c[0])) / 6
  }
  return sum
}

/** edges that are not met by one triangle in each direction */
function openEdges({ indices }: Isosurface): string[] {
  const count = new Map<string, number>()
  for (let t = 0; t < indices.length; t += 3) {
    for (let k = 0; k < 3; k++) {
      const [a, b] = [indices[t + k], indices[t + ((k + 1) % 3)]]
      const key = a < b ? `${a} ${b}` : `${b} ${a}`
      count.set(key, (count.get(key) ?? 0) + (a < b ? 1 : -1))
    }
  }
  return [...count].filter(([, n]) => n !== 0).map(([key]) => key)
}

describe("isosurface", () => {
  const radius = (x: number, y: number, z: number) => Math.hypot(x, y, z)

  it("of a sphere is closed, has its volume, lies at its radius, with normals outwards", () => {
    const surface = isosurface(block([25, 31, 28], radius), 0.7)
    expect(openEdges(surface)).toEqual([])
    expect(volume(surface)).toBeGreaterThan(0.985 * (4 / 3) * Math.PI * 0.343)
    expect(volume(surface)).toBeLessThan((4 / 3) * Math.PI * 0.343)
    let [off, along] = [0, 1]
    for (let k = 0; k < surface.positions.length / 3; k++) {
      const p = at(surface, k)
      const n = surface.normals.subarray(3 * k, 3 * k + 3)
      off = Math.max(off, Math.abs(Math.hypot(...p) - 0.7))
      along = Math.min(along, (n[0] * p[0] + n[1] * p[1] + n[2] * p[2]) / Math.hypot(...p))
    }
    expect(off).toBeLessThan(0.006)
    expect(along).toBeGreaterThan(0.97)
    expect(surface.tones.every((tone) => Math.abs(tone - 1.4) < 1e-5)).toBe(true)
  })

  it("of a function with many pieces has no gaps inside", () => {
    const bumps = (x: number, y: number, z: number) =>
      Math.max(Math.abs(x), Math.abs(y), Math.abs(z)) > 0.95 ? 1 : Math.sin(9 * x) * Math.sin(8 * y) * Math.cos(7 * z)
    const surface = isosurface(block([20, 21, 22], bumps), 0.3)
    expect(surface.indices.length).toBeGreaterThan(3000)
    const edge = (k: number) => at(surface, k).some((value) => Math.abs(value) > 0.999)
    expect(openEdges(surface).filter((key) => !key.split(" ").map(Number).every(edge))).toEqual([])
  })

  it("is right where values lie on the level exactly", () => {
    const surface = isosurface(block([5, 5, 5], (x, y, z) => Math.round(2 * Math.max(Math.abs(x), Math.abs(y), Math.abs(z)))), 1)
    expect(surface.positions.every(Number.isFinite)).toBe(true)
    expect(openEdges(surface)).toEqual([])
  })

  it("ends at holes", () => {
    const whole = block([20, 20, 20], radius)
    const holed = block([20, 20, 20], (x, y, z) => (x > 0.3 ? NaN : radius(x, y, z)))
    const [a, b] = [isosurface(whole, 0.7), isosurface(holed, 0.7)]
    expect(b.indices.length).toBeLessThan(a.indices.length)
    expect(b.indices.length).toBeGreaterThan(0.4 * a.indices.length)
    expect(Math.max(...b.positions.filter((_, k) => k % 3 === 0))).toBeLessThanOrEqual(0.32)
    expect(b.positions.every(Number.isFinite) && b.normals.every(Number.isFinite)).toBe(true)
    expect(openEdges(b).length).toBeGreaterThan(0)
  })

  it("is empty beyond the values", () => {
    expect(isosurface(block([4, 5, 6], radius), 9).indices.length).toBe(0)
    expect(isosurface(block([1, 5, 6], radius), 0.5).indices.length).toBe(0)
  })
})
