import { describe, expect, it } from "vitest"
import { stepWords } from "./app/controls"
import { offWords, trackWords, upTo, type Track } from "./track"
import type { Document, Numbers } from "./types"

const RUN: Track = { name: "sgd", x: [1, 0.5, 0], y: [2, 1, 0], steps: [0, 10, 40], off: [0.5, 0.2, NaN], atLeast: false }

describe("a track in words", () => {
  it("says the step it has come to and how far off the plane it gets", () => {
    expect(trackWords(RUN, 1)).toBe("sgd, step 40; fuller: farther off the plane (up to 50 %)")
    expect(trackWords({ ...RUN, atLeast: true, name: "" }, 0.25)).toBe("run, step 10; fuller: farther off the plane (at least 50 %)")
    expect([trackWords({ ...RUN, off: null, steps: null }, 1), trackWords(RUN, 1, true)]).toEqual(["sgd", "sgd, step 40"])
    expect(upTo(RUN, 0.5)).toEqual({ count: 2, x: expect.closeTo(1 / 3), y: expect.closeTo(2 / 3) })
  })

  it("says of a point how far off it is, where that is known", () => {
    expect([0, 1, 2].map((k) => offWords(RUN, k))).toEqual(["50\u00a0%", "20\u00a0%", ""])
    expect(offWords({ off: [0, 0.126], atLeast: true }, 1)).toBe("at least 13\u00a0%")
    expect(offWords({ off: [0, 0.126], atLeast: true }, 0)).toBe("0\u00a0%")
    expect(offWords({ off: null, atLeast: false }, 0)).toBe("")
  })

  it("says beside the time slider how far off the run is there", () => {
    const numbers = (values: number[]): Numbers => ({ dtype: "f8", shape: [values.length],
      data: btoa(String.fromCharCode(...new Uint8Array(Float64Array.from(values).buffer))) })
    const track = { name: "sgd", x: numbers([1, 0.5, 0]), y: numbers([2, 1, 0]), steps: numbers([0, 10, 40]), off: numbers([0.5, 0.2, 0]),
      quantities: [], at_least: false }
    const at = (of: object, time: number) => stepWords([{ field: { tracks: [of] } } as unknown as Document], time)
    expect([0, 0.3, 1].map((time) => at(track, time))).toEqual([
      "step 0 of 40, 50\u00a0% off the plane", "step 12 of 40, 20\u00a0% off the plane", "step 40 of 40, 0\u00a0% off the plane"])
    expect(at({ ...track, off: null }, 0.5)).toBe("step 20 of 40")
    expect(at({ ...track, steps: null }, 0.5)).toBe("50 %")
  })
})
