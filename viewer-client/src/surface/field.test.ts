import { describe, expect, it } from "vitest"
import type { Track } from "../types"
import { toX, toY, toZ } from "./box"
import { exported } from "./export"
import { readPlane } from "./field"
import { ALONE, LOOK, field, numbers, quantity, spread } from "./fixture"
import { pointAt, pointLines, spotLines } from "./hover"
import { labelPlaces } from "./labels"
import { march } from "./march"
import { distinct } from "./surface"
import { headAt, heightsAlong, markerValue, times } from "./tracks"

const x = spread(5, -1, 1)
const y = spread(3, 0, 1)
const loss = x.flatMap((a) => y.map((b) => 10 ** (a + b)))
const log = { scale: "log" as const }

function track(more: Partial<Track> = {}): Track {
  return {
    name: "sgd", x: numbers([-1, 0, 3], "f8"), y: numbers([0, 0.5, 0.5], "f8"), steps: numbers([0, 10, 40], "f8"),
    off: numbers([0, 0.5, NaN]), quantities: [quantity("loss", [5, 0.001, NaN], log)], at_least: false, ...more,
  }
}

describe("readPlane", () => {
  it("puts the ends of the scale at the ends of the box, on a log scale by the logarithm", () => {
    const plane = readPlane(field(x, y, [quantity("loss", loss, log)]), LOOK, ALONE)
    const z = plane.heights().z
    expect(z[0]).toBeCloseTo(plane.box.base)
    expect(z[14]).toBeCloseTo(plane.box.base + plane.box.rise)
    expect(toZ(plane.box, 10 ** 0.5)).toBeCloseTo(plane.box.base + plane.box.rise / 2)
    const straight = readPlane(field(x, y, [quantity("loss", loss, log)]), { ...LOOK, scale: "linear" }, ALONE)
    expect(straight.heights().z[12]).toBeCloseTo(straight.box.base + (straight.box.rise * (10 - 0.1)) / (100 - 0.1), 4)
  })

  it("clips to a flat top, and shares ranges with others", () => {
    const one = field(x, y, [quantity("loss", loss, log)])
    const clipped = readPlane(one, { ...LOOK, clip: 1 }, ALONE)
    expect(clipped.scale!.high).toBe(1)
    expect(Math.max(...Array.from(clipped.heights().z))).toBeLessThan(clipped.box.base + 1.03 * clipped.box.rise)
    const shared = readPlane(one, LOOK, { ...ALONE, height: [0.01, 1000], x: [-2, 2] })
    expect([shared.scale!.low, shared.scale!.high]).toEqual([0.01, 1000])
    expect(toX(shared.box, 1)).toBeCloseTo(shared.box.width / 4)
  })

  it("has equal units along x and y where that is asked for", () => {
    const { box } = readPlane(field(x, y, [quantity("loss", loss, log)], { equal: true }), LOOK, ALONE)
    expect(box.width / box.depth).toBeCloseTo(2)
  })

  it("gives negative values no place on a log scale, and says nothing can be drawn where none has", () => {
    const plane = readPlane(field(x, y, [quantity("loss", loss.map((value) => -value))]), { ...LOOK, scale: "log" }, ALONE)
    expect(plane.scale).toBeNull()
    expect(Array.from(plane.heights().z).every(Number.isNaN)).toBe(true)
  })

  it("keeps values that 32 bits do not hold", () => {
    const tiny = loss.map((value) => 1e-60 * value)
    const plane = readPlane(field(x, y, [quantity("loss", tiny, { ...log, values: numbers(tiny, "f8") })]), LOOK, ALONE)
    expect(plane.heights().z[14] - plane.heights().z[0]).toBeCloseTo(plane.box.rise)
  })

  it("widens the axes for a track that leaves the plane, and the height axis for its values, not the scale", () => {
    const of = field(x, y, [quantity("loss", loss, log)], { tracks: [track()] })
    const plane = readPlane(of, LOOK, ALONE)
    expect(plane.box.x.high).toBeGreaterThan(3)
    expect(plane.box.y).toEqual({ low: 0, high: 1 })
    expect(plane.scale!.low).toBeCloseTo(0.1)
    expect(plane.box.scale.low).toBeLessThan(0.1)
    const off = readPlane(of, { ...LOOK, tracks: "off" }, ALONE)
    expect([off.box.x.high, off.courses]).toEqual([1, []])
  })
})

describe("tracks", () => {
  const plane = readPlane(field(x, y, [quantity("loss", loss, log)], { tracks: [track()] }), LOOK, ALONE)
  const [course] = plane.courses

  it("have times by their steps", () => {
    expect([...times(course)]).toEqual([0, 0.25, 1])
    expect([...times({ ...course, steps: null })]).toEqual([0, 0.5, 1])
  })

  it("lie at their own values, with gaps where these are not known, or on the surface", () => {
    const own = heightsAlong(course, plane, false)
    expect(own[0]).toBeCloseTo(toZ(plane.box, 5))
    expect(own[2]).toBeNaN()
    const dropped = heightsAlong(course, plane, true)
    expect(dropped[0]).toBeCloseTo(toZ(plane.box, 0.1), 5)
    expect(dropped[2]).toBe(plane.box.floor)
  })

  it("have a moving end between their points", () => {
    const spot = (k: number, time: number) => ({ at: [k, 0, -k] as [number, number, number], time, course, k, marker: null })
    expect(headAt([spot(0, 0), spot(1, 0.5), spot(2, 1)], 0.75)).toEqual([1.5, 0, -1.5])
    expect(headAt([spot(0, 0), spot(2, 1)], 0.5)).toBeNull()
    expect(headAt([spot(0, 0), spot(1, 1)], 1)).toBeNull()
    expect(headAt([], 0.5)).toBeNull()
  })

  it("are read out with step, distance from the plane and their own loss", () => {
    const lines = spotLines({ at: [0, 0, 0], time: 0, course, k: 1, marker: null })
    expect(lines).toEqual([["track", "sgd"], ["step", "10"], ["off the plane", "50\u00a0% of its distance"], ["loss, its own", "0.001"]])
  })
})

describe("read-out", () => {
  const error = numbers(loss.map((value) => value / 10))
  const sheet = [quantity("loss", loss, { ...log, error }), quantity("accuracy", loss.map((_, k) => k / 20))]

  it("tells coordinates, the value with its error, the other quantities, and what was predicted", () => {
    const predicted = loss.map((_, k) => (k === 7 ? 1 : 0))
    const plane = readPlane(field(x, y, sheet, { predicted }), LOOK, ALONE)
    expect(pointLines(plane, 7)).toEqual([
      ["α", "0"], ["β", "0.5"], ["loss", "3.162 ± 0.32"], ["accuracy", "0.35"], ["evaluated", "no, predicted"],
    ])
  })

  it("is of the nearest point, in a filled patch of the nearest that is done", () => {
    const done = loss.map((_, k) => (k % 3 === 1 || Math.floor(k / 3) % 2 === 1 ? 0 : 1))
    const values = loss.map((value, k) => (done[k] ? value : NaN))
    const plane = readPlane(field(x, y, [quantity("loss", values, log)], { done }), LOOK, ALONE)
    const at = (a: number, b: number) => pointAt(plane, toX(plane.box, a), toY(plane.box, b))
    expect(at(-0.45, 0.1)).toBe(6)
    expect(at(0.05, 0.9)).toBe(8)
    expect(plane.state[3]).toBe(3)
  })

  it("says what is missing and what has no place", () => {
    const done = loss.map((_, k) => (k === 2 ? 0 : 1))
    const plane = readPlane(field(x, y, [quantity("loss", [0, ...loss.slice(1)], log)], { done }), LOOK, ALONE)
    expect(pointLines(plane, 2)).toContainEqual(["loss", "not computed yet"])
    expect(pointLines(plane, 0)).toContainEqual(["drawn", "no: not positive, on a log scale"])
  })
})

describe("markers", () => {
  it("take the value of the sheet that is drawn", () => {
    const of = field(x, y, [quantity("loss", loss, log)])
    const values = [{ name: "loss", value: 2 }, { name: "test: loss", value: 3 }]
    const marker = { name: "end", role: "end" as const, x: 0, y: 0, z: null, values }
    of.sheets.push({ ...of.sheets[0], name: "test" })
    const at = (sheet: string) => markerValue(marker, readPlane(of, { ...LOOK, sheet }, ALONE))
    expect([at(""), at("test")]).toEqual([2, 3])
  })
})

describe("labels", () => {
  it("stand on the line that they name, along it", () => {
    const n = spread(21, -1, 1)
    const bowl = n.flatMap((a) => n.map((b) => a * a + b * b))
    const plane = readPlane(field(n, n, [quantity("loss", bowl)]), LOOK, ALONE)
    const places = labelPlaces(plane.heights(), [toZ(plane.box, 0.5)])[0]
    expect(places.length).toBeGreaterThan(6)
    for (const { at, tangent } of places) {
      expect(4 * (at[0] ** 2 + at[1] ** 2)).toBeCloseTo(0.5, 1)
      expect(Math.abs(at[0] * tangent[0] + at[1] * tangent[1])).toBeLessThan(0.06)
      expect(march(plane.heights(), [at[0], at[1], 9], [0, 0, -1])!.point[2]).toBeCloseTo(at[2], 1)
    }
  })

  it("have as many digits as they need", () => {
    expect(distinct([1, 2])).toEqual(["1", "2"])
    expect(distinct([2.412, 2.431, 2.449])).toEqual(["2.41", "2.43", "2.45"])
  })
})

describe("exported", () => {
  it("is a mesh in data units along x and y, a scale along z, with colours, without holes", () => {
    const values = loss.map((value, k) => (k === 0 ? NaN : value))
    const plane = readPlane(field(x, y, [quantity("loss", values, log)]), LOOK, ALONE)
    const mesh = exported(plane, "viridis")
    expect(mesh.positions.length).toBe(3 * 14)
    expect(mesh.indices.length).toBe(6 * 7)
    expect(Math.max(...mesh.indices)).toBe(13)
    expect([...mesh.positions.slice(-3)].map((value) => Number(value.toFixed(6)))).toEqual([1, 1, 1.2])
    expect([...mesh.colors.slice(-3)].map((value) => Math.round(255 * value))).toEqual([253, 231, 37])
  })
})
