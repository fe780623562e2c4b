import { describe, expect, it } from "vitest"
import { spread } from "../surface/fixture"
import { BAD, FILLED, GOOD, MISSING, filled, patch, states } from "./patches"

/** done where both indices lie on the stride, counted from the middle */
function coarse(nx: number, ny: number, stride: number): number[] {
  const [a, b] = [((nx - 1) >> 1) % stride, ((ny - 1) >> 1) % stride]
  return Array.from({ length: nx * ny }, (_, k) => (Math.floor(k / ny) % stride === a && (k % ny) % stride === b ? 1 : 0))
}

const x = [0, 1, 2, 4, 8, 9, 10, 11, 12]
const y = [0, 1, 2, 3, 4]
const wide = spread(9, 0, 8)

describe("states", () => {
  it("tells missing from bad, and gives zero no place on a log scale", () => {
    expect([...states([1, NaN, 0, -1, 5], [1, 1, 1, 1, 0], "log")]).toEqual([GOOD, BAD, BAD, BAD, MISSING])
    expect([...states([1, NaN, 0, -1, Infinity], [1, 1, 1, 1, 1], "linear")]).toEqual([GOOD, BAD, GOOD, GOOD, BAD])
  })
})

describe("patch", () => {
  it("fills a sub-lattice exactly where the field is linear, over coordinates that are not even", () => {
    const plane = (k: number) => 3 * x[Math.floor(k / 5)] - 2 * y[k % 5] + 1
    const done = coarse(9, 5, 2)
    const values = Float32Array.from(done, (d, k) => (d ? plane(k) : NaN))
    const state = states(values, done, "linear")
    const out = filled(values, patch(state, x, y), "linear")
    expect([...state].every((s) => s === GOOD || s === FILLED)).toBe(true)
    out.forEach((value, k) => expect(value).toBeCloseTo(plane(k), 4))
  })

  it("is linear in the logarithm on a log scale", () => {
    const done = coarse(9, 9, 4)
    const values = Float32Array.from(done, (d, k) => (d ? Math.exp(x[Math.floor(k / 9)]) : NaN))
    const state = states(values, done, "log")
    const out = filled(values, patch(state, x, wide), "log")
    expect(out[9 * 3]).toBeCloseTo(Math.exp(4), 2)
  })

  it("leaves a point alone that was done and is bad, and fills no cell with a bad corner", () => {
    const done = coarse(9, 5, 2)
    const values = Float32Array.from(done, (d) => (d ? 1 : NaN))
    values[0] = NaN
    const state = states(values, done, "linear")
    patch(state, x, y)
    expect(state[0]).toBe(BAD)
    expect(state[6]).toBe(MISSING)
    expect(state[2 * 5 + 1]).toBe(FILLED)
  })

  it("fills from the finest sub-lattice that is whole", () => {
    const done = coarse(9, 9, 4).map((d, k) => d || (Math.floor(k / 9) <= 4 ? coarse(9, 9, 2)[k] : 0))
    const values = Float32Array.from(done, (d, k) => (d ? (Math.floor(k / 9) === 2 ? 7 : 0) : NaN))
    const state = states(values, done, "linear")
    const out = filled(values, patch(state, x, wide), "linear")
    expect(out[9]).toBeCloseTo(3.5) // between rows 0 and 2, not between 0 and 4
    expect(state[6 * 9]).toBe(FILLED)
  })

  it("does nothing where all is done or nothing is", () => {
    const all = states(new Float32Array(45).fill(1), new Array(45).fill(1), "linear")
    expect(patch(all, x, y).cells).toEqual([])
    const none = states(new Float32Array(45), new Array(45).fill(0), "linear")
    expect(patch(none, x, y).cells).toEqual([])
  })
})
