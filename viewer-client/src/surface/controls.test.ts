// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import type { Camera } from "../contract"
import { HOME } from "./camera"
import { Controls } from "./controls"

let camera: Camera
let told: boolean[]
let element: HTMLElement
let controls: Controls

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "requestAnimationFrame", "cancelAnimationFrame", "performance"] })
  camera = HOME
  told = []
  element = document.createElement("div")
  Object.defineProperty(element, "clientHeight", { value: 400 })
  controls = new Controls(element, { get: () => camera, set: (next, settled) => ((camera = next), told.push(settled)) })
})

afterEach(() => {
  controls.dispose()
  vi.useRealTimers()
})

function pointer(type: string, x: number, y: number, more: { buttons?: number; id?: number } = {}): void {
  const event = new MouseEvent(type, { clientX: x, clientY: y, buttons: more.buttons ?? 1, bubbles: true })
  Object.defineProperty(event, "pointerId", { value: more.id ?? 1 })
  element.dispatchEvent(event)
}

describe("Controls", () => {
  it("turns by a drag, glides on when let go, and comes to rest", () => {
    vi.advanceTimersByTime(1000)
    pointer("pointerdown", 100, 100)
    for (let k = 1; k < 6; k++) {
      vi.advanceTimersByTime(16)
      pointer("pointermove", 100 + 10 * k, 100)
    }
    const dragged = camera.azimuth
    expect(dragged).toBeLessThan(HOME.azimuth)
    pointer("pointerup", 150, 100, { buttons: 0 })
    vi.advanceTimersByTime(5000)
    expect(camera.azimuth).toBeLessThan(dragged)
    expect(told[told.length - 1]).toBe(true)
    const count = told.length
    vi.advanceTimersByTime(5000)
    expect(told.length).toBe(count)
    expect(vi.getTimerCount()).toBe(0)
  })

  it("a drag that stops before it is let go does not glide", () => {
    pointer("pointerdown", 0, 0)
    pointer("pointermove", 30, 10)
    vi.advanceTimersByTime(500)
    const { azimuth } = camera
    pointer("pointerup", 30, 10, { buttons: 0 })
    vi.advanceTimersByTime(1000)
    expect(camera.azimuth).toBe(azimuth)
    expect(told[told.length - 1]).toBe(true)
  })

  it("moves by a right drag, and by two fingers, which also change the distance", () => {
    pointer("pointerdown", 0, 0, { buttons: 2 })
    pointer("pointermove", 40, 0, { buttons: 2 })
    pointer("pointerup", 40, 0, { buttons: 0 })
    expect(camera.azimuth).toBe(HOME.azimuth)
    expect(camera.target).not.toEqual(HOME.target)
    pointer("pointerdown", 100, 100, { id: 1 })
    pointer("pointerdown", 200, 100, { id: 2 })
    pointer("pointermove", 300, 100, { id: 2 })
    expect(camera.distance).toBeCloseTo(HOME.distance / 2)
    expect(camera.azimuth).toBe(HOME.azimuth)
  })

  it("a wheel counts as settled after a while, once", () => {
    element.dispatchEvent(new WheelEvent("wheel", { deltaY: 100, cancelable: true }))
    element.dispatchEvent(new WheelEvent("wheel", { deltaY: 100, cancelable: true }))
    expect(camera.distance).toBeGreaterThan(HOME.distance)
    vi.advanceTimersByTime(1000)
    expect(told).toEqual([false, false, true])
  })

  it("hears nothing after dispose", () => {
    controls.dispose()
    pointer("pointerdown", 0, 0)
    pointer("pointermove", 50, 0)
    expect(told).toEqual([])
  })
})
