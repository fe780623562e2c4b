// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { Clock, nextFrame, nextShare, PlayerBar } from "./player"

describe("what comes next", () => {
  it("is the next frame, the first again in a loop, or the end", () => {
    expect(nextFrame(0, 3, false)).toBe(1)
    expect(nextFrame(2, 3, false)).toBeNull()
    expect(nextFrame(2, 3, true)).toBe(0)
    expect(nextFrame(0, 1, true)).toBeNull()
  })

  it("is a place further along a slider, which stops at its end before it begins again", () => {
    expect(nextShare(0.5, 1, 10, false)).toBeCloseTo(0.6)
    expect(nextShare(0.95, 1, 10, true)).toBe(1)
    expect(nextShare(1, 1, 10, true)).toBe(0)
    expect(nextShare(1, 1, 10, false)).toBeNull()
  })
})

describe("the clock", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["requestAnimationFrame", "cancelAnimationFrame", "performance"] }))
  afterEach(() => void vi.useRealTimers())

  it("ticks while it plays and never otherwise", () => {
    const tick = vi.fn(() => tick.mock.calls.length < 3)
    const changes = vi.fn()
    const clock = new Clock(tick, changes)
    vi.advanceTimersByTime(500)
    expect(tick).not.toHaveBeenCalled()
    clock.start()
    clock.start()
    vi.advanceTimersByTime(500)
    expect(tick).toHaveBeenCalledTimes(3)
    expect(clock.running).toBe(false)
    expect(changes).toHaveBeenCalledTimes(2)
    clock.start()
    clock.stop()
    vi.advanceTimersByTime(500)
    expect(tick).toHaveBeenCalledTimes(3)
  })

  it("counts the time that passed", () => {
    let passed = 0
    const clock = new Clock(
      (seconds) => ((passed += seconds), true),
      () => {},
    )
    clock.start()
    vi.advanceTimersByTime(1000)
    clock.stop()
    expect(passed).toBeGreaterThan(0.9)
    expect(passed).toBeLessThanOrEqual(1)
  })
})

describe("the bar", () => {
  it("shows where it is, and says it to those who do not see it", () => {
    const host = { onPlay: vi.fn(), onSeek: vi.fn(), onStep: vi.fn(), onLoop: vi.fn(), onSpeed: vi.fn(), onClose: vi.fn() }
    const bar = new PlayerBar("Frames", host, true)
    bar.show({ count: 12, at: 3, text: "step 300 (4 of 12)", playing: true, loop: true, speed: 4 })
    const slider = bar.element.querySelector("input")!
    expect([slider.max, slider.value, slider.getAttribute("aria-valuetext")]).toEqual(["11", "3", "step 300 (4 of 12)"])
    const [back, play, on, loop, close] = bar.element.querySelectorAll("button")
    expect(play.getAttribute("aria-label")).toMatch(/^Pause/)
    slider.valueAsNumber = 7
    slider.dispatchEvent(new Event("input"))
    for (const button of [back, play, on, loop, close]) button.click()
    expect(host.onSeek).toHaveBeenCalledWith(7)
    expect(host.onStep.mock.calls).toEqual([[-1], [1]])
    expect(host.onLoop).toHaveBeenCalledWith(false)
    expect(host.onPlay).toHaveBeenCalledOnce()
    expect(host.onClose).toHaveBeenCalledOnce()
  })
})
