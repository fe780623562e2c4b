import { describe, expect, it } from "vitest"
import { BAD, GOOD, MISSING } from "../geometry/patches"
import { facets, partsFor } from "./mesh"

const good = (n: number) => new Uint8Array(n).fill(GOOD)

/** area of the triangles seen from above, with its sign, in cells */
function area(indices: Uint32Array, columns: number): number {
  let sum = 0
  for (let t = 0; t < indices.length; t += 3) {
    const [a, b, c] = [0, 1, 2].map((k) => [Math.floor(indices[t + k] / columns), indices[t + k] % columns])
    const twice = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    expect(twice).toBeGreaterThan(0)
    sum += twice / 2
  }
  return sum
}

describe("facets", () => {
  it("covers a lattice that is not square once, counter-clockwise", () => {
    const { indices, bad, missing } = facets(good(12), new Float32Array(12), 3, 4, 1)
    expect(indices.length).toBe(2 * 3 * 6)
    expect(area(indices, 4)).toBe(6)
    expect([bad, missing]).toEqual([[], []])
    expect(Math.max(...indices)).toBe(11)
  })

  it("cuts cells into parts", () => {
    const { indices } = facets(good(12), new Float32Array(12), 3, 4, 3)
    expect(area(indices, 10)).toBe(6 * 9)
    expect(Math.max(...indices)).toBe(7 * 10 - 1)
  })

  it("leaves out cells with a corner that has no value, and says why", () => {
    const state = good(20)
    state[6] = BAD // row 1, column 1 of 4 × 5
    state[19] = MISSING
    const { indices, bad, missing } = facets(state, new Float32Array(20), 4, 5, 1)
    expect(bad).toEqual([0, 1, 4, 5])
    expect(missing).toEqual([11])
    expect(area(indices, 5)).toBe(12 - 5)
    expect([...indices].every((k) => state[k] === GOOD)).toBe(true)
  })

  it("with a stride keeps to the edges", () => {
    const { indices } = facets(good(42), new Float32Array(42), 6, 7, 1, 2)
    expect(area(indices, 7)).toBe(30)
    expect(indices.length).toBe(6 * 9)
  })

  it("takes the diagonal along a valley", () => {
    expect([...facets(good(4), [0, 5, 4, 0], 2, 2, 1).indices]).toEqual([0, 2, 3, 0, 3, 1])
    expect([...facets(good(4), [5, 0, 0, 5.1], 2, 2, 1).indices]).toEqual([0, 2, 1, 2, 3, 1])
  })

  it("cuts coarse lattices only", () => {
    expect(partsFor(301, 301)).toBe(1)
    expect(partsFor(25, 25)).toBe(5)
    expect(partsFor(2, 3)).toBe(8)
  })
})
