import { describe, expect, it } from "vitest"
import type { Volume } from "../types"
import { ALONE, LOOK, numbers, quantity, spread } from "./fixture"
import { levelsOf } from "./shells"
import { blockOf, cutOf, fromBox, inBox, indexInCut, layerAt, readSolid, whole } from "./solid"
import { judge } from "./webgl"

const [nx, ny, nz] = [3, 4, 5]
const values = Float32Array.from({ length: nx * ny * nz }, (_, k) => k)

function volume(done?: number[]): Volume {
  const axis = (name: string, n: number) => ({ dim: name, label: name, values: numbers(spread(n, -1, 1), "f8") })
  const sheet = { name: "", quantities: [quantity("loss", values)], done: numbers(done ?? new Array(60).fill(1), "u1"), predicted: null }
  return { x: axis("a", nx), y: axis("b", ny), z: axis("c", nz), sheets: [sheet], quantity: "loss", markers: [] }
}

describe("a volume", () => {
  const solid = readSolid(volume(), LOOK, ALONE)

  it("is cut across each axis into the right points", () => {
    for (const [axis, layer] of [["x", 2], ["y", 1], ["z", 4]] as const) {
      const cut = cutOf(solid, axis, layer, values)
      const [across, up] = axis === "x" ? [ny, nz] : axis === "y" ? [nx, nz] : [nx, ny]
      expect(cut.length).toBe(across * up)
      const expected = (i: number, j: number) => (axis === "x" ? [layer, i, j] : axis === "y" ? [i, layer, j] : [i, j, layer])
      for (let i = 0; i < across; i++) {
        for (let j = 0; j < up; j++) {
          const [a, b, c] = expected(i, j)
          expect(cut[i * up + j]).toBe((a * ny + b) * nz + c)
          expect(indexInCut(solid, axis, layer, i, j)).toBe((a * ny + b) * nz + c)
        }
      }
    }
  })

  it("has its layers at shares of the range", () => {
    expect([0, 0.4, 0.5, 1].map((share) => layerAt(solid, "z", share))).toEqual([0, 2, 2, 4])
  })

  it("goes into the box and back", () => {
    for (const value of [-1, 0.3, 1]) expect(fromBox(solid, "y", inBox(solid, "y", value))).toBeCloseTo(value)
  })

  it("gives places on the scale, NaN where there is none", () => {
    const block = blockOf(readSolid(volume(values.length ? Array.from(values, (_, k) => (k === 7 ? 0 : 1)) : []), LOOK, ALONE))
    expect([block.values[0], block.values[59]]).toEqual([0, 1])
    expect(block.values[7]).toBeNaN()
  })
})

describe("whole", () => {
  it("takes everything where all is done, a coarse sub-lattice where only that is", () => {
    expect(whole(new Array(125).fill(1), 5, 5, 5).x).toEqual([0, 1, 2, 3, 4])
    const even = (k: number) => [Math.floor(k / 25), Math.floor(k / 5) % 5, k % 5].every((i) => i % 2 === 0)
    const coarse = Array.from({ length: 125 }, (_, k) => (even(k) ? 1 : 0))
    coarse[1] = 1
    expect(whole(coarse, 5, 5, 5)).toEqual({ x: [0, 2, 4], y: [0, 2, 4], z: [0, 2, 4] })
  })
})

describe("shells and renderers", () => {
  it("lie inside each other, and vanish at the bottom", () => {
    const levels = levelsOf(0.6)
    expect(levels[0]).toBe(0.6)
    expect([...levels].sort((a, b) => b - a)).toEqual(levels)
    expect(levelsOf(0)).toEqual([])
  })

  it("are told apart by their names", () => {
    expect(judge("ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero)))")).toBe("software")
    expect(judge("Mesa llvmpipe (LLVM 15)")).toBe("software")
    expect(judge("ANGLE (NVIDIA GeForce RTX 3080)")).toBe("hardware")
  })
})
