/**
 * Playing in time: a clock that moves a place among frames, and the bar that steers it. It ticks only while it plays.
 */

import { h, iconButton, say, setIcon } from "./dom"

/** The next frame, or null where playing ends. */
export function nextFrame(frame: number, count: number, loop: boolean): number | null {
  if (frame + 1 < count) return frame + 1
  return loop && count > 1 ? 0 : null
}

/** The next place on a slider that takes `seconds` from 0 to 1, after `passed` seconds; null where playing ends. */
export function nextShare(share: number, passed: number, seconds: number, loop: boolean): number | null {
  const next = share + passed / seconds
  if (next <= 1) return next
  return share < 1 ? 1 : loop ? 0 : null
}

/** Calls `tick` with the seconds since the last call until it says false; ends by itself in a hidden page. */
export class Clock {
  private asked: number | undefined
  private last = 0

  constructor(
    private readonly tick: (passed: number) => boolean,
    private readonly onChange: () => void,
  ) {}

  get running(): boolean {
    return this.asked !== undefined
  }

  start(): void {
    if (this.running) return
    this.last = performance.now()
    this.asked = requestAnimationFrame(this.run)
    this.onChange()
  }

  stop(): void {
    if (this.asked === undefined) return
    cancelAnimationFrame(this.asked)
    this.asked = undefined
    this.onChange()
  }

  private readonly run = (): void => {
    const now = performance.now()
    // after a hidden page comes back the time away does not count
    const passed = Math.min((now - this.last) / 1000, 0.5)
    this.last = now
    if (this.tick(passed)) this.asked = requestAnimationFrame(this.run)
    else this.stop()
  }
}

export interface BarState {
  /** places of the slider: frames, or 0 for a slider from 0 to 1 */
  count: number
  at: number
  text: string
  playing: boolean
  loop: boolean
  speed: number
}

export interface BarHost {
  onPlay(): void
  onSeek(at: number): void
  onStep(by: number): void
  onLoop(loop: boolean): void
  onSpeed(speed: number): void
  onClose(): void
}

const SPEEDS = [0.5, 1, 2, 4, 8, 16]

/** Play, step, scrub, speed, loop. */
export class PlayerBar {
  readonly element: HTMLElement
  private readonly play: HTMLButtonElement
  private readonly slider = h("input", { type: "range", "aria-label": "Place in time" })
  private readonly words = h("output", { class: "player-text" })
  private readonly speed = h("select", { "aria-label": "Frames per second" })
  private readonly loop: HTMLButtonElement

  constructor(name: string, host: BarHost, closes: boolean) {
    this.play = iconButton("play", "Play", () => host.onPlay(), { class: "icon-button primary" })
    this.loop = iconButton("loop", "Begin again at the end", () => host.onLoop(this.loop.getAttribute("aria-pressed") !== "true"))
    this.slider.addEventListener("input", () => host.onSeek(this.slider.valueAsNumber))
    this.speed.append(...SPEEDS.map((value) => h("option", { value, text: `${value} / s` })))
    this.speed.addEventListener("change", () => host.onSpeed(Number(this.speed.value)))
    const back = iconButton("first", "One back", () => host.onStep(-1))
    const on = iconButton("next", "One on", () => host.onStep(1))
    const close = closes && iconButton("close", "Stop playing in time", () => host.onClose())
    this.element = h(
      "div",
      { class: "player", role: "group", "aria-label": name },
      back,
      this.play,
      on,
      this.slider,
      this.words,
      h("span", { class: "select small" }, this.speed),
      this.loop,
      close,
    )
  }

  show(state: BarState): void {
    setIcon(this.play, state.playing ? "pause" : "play", state.playing ? "Pause (space)" : "Play (space)")
    const share = state.count === 0
    this.slider.min = "0"
    this.slider.max = String(share ? 1 : Math.max(1, state.count - 1))
    this.slider.step = share ? "0.005" : "1"
    this.slider.valueAsNumber = state.at
    this.slider.style.setProperty("--at", `${(100 * state.at) / Number(this.slider.max)}%`)
    this.slider.setAttribute("aria-valuetext", state.text)
    say(this.words, state.text)
    this.loop.setAttribute("aria-pressed", String(state.loop))
    ;(this.speed.parentElement as HTMLElement).hidden = share
    this.speed.value = String(SPEEDS.reduce((best, value) => (Math.abs(value - state.speed) < Math.abs(best - state.speed) ? value : best)))
  }
}
