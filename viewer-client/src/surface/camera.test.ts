import { describe, expect, it } from "vitest"
import type { Camera } from "../contract"
import { HOME, bounded, fieldOfView, orbit, pan, pose, sameCamera, zoom } from "./camera"
import { keyed } from "./controls"

const at = (azimuth: number, elevation: number): Camera => ({ azimuth, elevation, distance: 2, target: [0.1, -0.2, 0.3] })
const dot = (a: number[], b: number[]) => a.reduce((sum, value, k) => sum + value * b[k], 0)

describe("pose", () => {
  it("stands at the distance, with up and right at right angles to the view, at every elevation", () => {
    for (const elevation of [-60, 0, 45, 89.999, 90]) {
      for (const azimuth of [-180, -90, 0, 37, 179]) {
        const camera = at(azimuth, elevation)
        const { eye, up, right } = pose(camera)
        const view = eye.map((value, k) => value - camera.target[k])
        expect(Math.hypot(...view)).toBeCloseTo(2, 9)
        expect(Math.hypot(...up)).toBeCloseTo(1, 9)
        for (const [a, b] of [[view, up], [view, right], [up, right]]) expect(dot(a, b)).toBeCloseTo(0, 9)
      }
    }
  })

  it("looks along y from azimuth −90, with x to the right, and from above with y up", () => {
    expect(pose(at(-90, 0)).right[0]).toBeCloseTo(1)
    expect(pose(at(-90, 90)).up[1]).toBeCloseTo(1)
    expect(pose(at(-90, 90)).eye[2]).toBeCloseTo(2.3)
  })
})

describe("moving", () => {
  it("keeps azimuths in −180 … 180 and elevations within reach", () => {
    expect(orbit(at(170, 0), 20, 0).azimuth).toBeCloseTo(-170)
    expect(orbit(at(-170, 0), -380, 0).azimuth).toBeCloseTo(170)
    expect(orbit(at(0, 80), 0, 30).elevation).toBe(90)
    expect(zoom(at(0, 0), 1e9).distance).toBeLessThan(20)
    expect(zoom(at(0, 0), 1e-9).distance).toBeGreaterThan(0.1)
  })

  it("pans by parts of the picture: a whole height moves the target by what is seen there", () => {
    const camera = at(-90, 0)
    const moved = pan(camera, 0, 0.25)
    expect(moved.target[2]).toBeLessThan(camera.target[2])
    expect(pan(moved, 0, -0.25).target[2]).toBeCloseTo(camera.target[2])
    expect(pan(camera, 0.1, 0).target[0]).toBeLessThan(camera.target[0])
  })

  it("answers to keys and leaves others alone", () => {
    expect(keyed(HOME, "ArrowRight", false)!.azimuth).toBeGreaterThan(HOME.azimuth)
    expect(keyed(HOME, "ArrowUp", false)!.elevation).toBeGreaterThan(HOME.elevation)
    expect(keyed(HOME, "ArrowUp", true)!.target).not.toEqual(HOME.target)
    expect(keyed(HOME, "+", false)!.distance).toBeLessThan(HOME.distance)
    expect(sameCamera(keyed(at(3, 4), "Home", false)!, HOME)).toBe(true)
    expect(keyed(HOME, "x", false)).toBeNull()
    expect(keyed(HOME, "0", false)).toBeNull() // the page's
  })

  it("sees as much across in a narrow picture", () => {
    const across = (aspect: number) => Math.tan((fieldOfView(aspect) * Math.PI) / 360) * aspect
    expect(across(0.5)).toBeCloseTo(across(1.2), 9)
    expect(fieldOfView(3)).toBe(fieldOfView(1.5))
  })

  it("bounded keeps a camera that is within bounds", () => {
    expect(sameCamera(bounded(HOME), HOME)).toBe(true)
  })
})
