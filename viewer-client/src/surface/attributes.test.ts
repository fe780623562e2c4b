import { describe, expect, it } from "vitest"
import { makeScale, place } from "../scale"
import { attributes, code, known, slopes } from "./attributes"
import { FILLED, GOOD, MISSING } from "../geometry/patches"

const f = (values: number[]) => Float32Array.from(values)

describe("code", () => {
  it("and the shader's line give the place on the scale, for both kinds and for numbers of 64 bits", () => {
    const values = [0.5, 3, 70, 900]
    for (const kind of ["linear", "log"] as const) {
      const scale = makeScale(kind, 0.2, 500)
      for (const array of [f(values), Float64Array.from(values)]) {
        const { numbers, offset, factor } = code(array, kind, scale)
        values.forEach((value, k) => expect((numbers[k] - offset) * factor).toBeCloseTo(place(scale, value), 5))
      }
    }
    const wide = code(Float64Array.from([1e-70, 1e80]), "log", makeScale("log", 1e-70, 1e80))
    expect([...wide.numbers].map((n) => (n - wide.offset) * wide.factor).map((n) => Number(n.toFixed(5)))).toEqual([0, 1])
  })

  it("gives the shader no NaN", () => {
    expect([...code(f([NaN, -1, 0, Infinity]), "log", makeScale("log", 1, 2)).numbers]).toEqual([0, 0, 0, 0])
  })
})

describe("known", () => {
  it("is 0 for colours without a place", () => {
    const paint = { name: "", label: "", values: f([]), scale: makeScale("log", 1, 2), words: ["", ""] as [string, string] }
    expect([...known(f([1, NaN, -1]), paint)]).toEqual([1, 0, 0])
    expect([...known(f([1, NaN, -1]), { ...paint, scale: null })]).toEqual([1, 0, 1])
  })
})

describe("slopes", () => {
  it("are exact for a plane, at borders and beside holes too", () => {
    const [x, y] = [f([0, 1, 3, 4]), f([0, 2, 3])]
    const numbers = f([...x].flatMap((a) => [...y].map((b) => 2 * a - 3 * b)))
    const state = new Uint8Array(12).fill(GOOD)
    state[0] = MISSING
    numbers[0] = 99
    const out = slopes(numbers, state, x, y)
    for (let k = 1; k < 12; k++) {
      expect(out[2 * k]).toBeCloseTo(2)
      expect(out[2 * k + 1]).toBeCloseTo(-3)
    }
  })
})

describe("attributes", () => {
  it("are bilinear between the points, and the points themselves at the points", () => {
    const heights = f([0, 1, 2, 5, 4, 9])
    const state = new Uint8Array([2, 2, 2, 2, FILLED, 2])
    const points = { x: f([0, 1]), y: f([0, 1, 3]), state, heights, colors: heights, known: f([1, 1, 1, 1, 1, 0]) }
    const { at, data } = attributes(points, 2)
    expect(at.length).toBe(4 * 3 * 5)
    const four = (of: Float32Array, n: number) => [...of.slice(4 * n, 4 * n + 4)]
    const vertex = (u: number, v: number) => ({ at: four(at, 5 * u + v), data: four(data, 5 * u + v) })
    expect(vertex(2, 4)).toEqual({ at: [1, 2, 1, 3], data: [9, 9, 0, 0] })
    expect(vertex(1, 1)).toEqual({ at: [0.5, 0.5, 0.5, 0.5], data: [2.5, 2.5, 0.25, 1] })
    expect(vertex(0, 3)).toEqual({ at: [0, 1.5, 0, 2], data: [1.5, 1.5, 0, 1] })
  })
})
