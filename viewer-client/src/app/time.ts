/** Time at the foot of the page: the frames of a series, and the slider along tracks. Each plays by its own clock. */

import { h } from "./dom"
import type { Scene } from "./controls"
import { hasTracks, stepWords } from "./controls"
import type { Series } from "./entries"
import { Clock, nextFrame, nextShare, PlayerBar } from "./player"
import type { Store } from "./state"

/** Seconds that the slider along tracks takes from end to end. */
const TRACK_SECONDS = 6

export class Time {
  readonly element = h("div", { class: "times" })
  private readonly frames: PlayerBar
  private readonly tracks: PlayerBar
  private readonly frameClock: Clock
  private readonly trackClock: Clock
  private waited = 0

  constructor(
    private readonly store: Store,
    private readonly now: () => { frames: number; scene: Scene },
    redraw: () => void,
  ) {
    this.frameClock = new Clock((passed) => this.tickFrames(passed), redraw)
    this.trackClock = new Clock((passed) => this.tickTracks(passed), redraw)
    this.frames = new PlayerBar(
      "Frames",
      {
        onPlay: () => this.toggleFrames(),
        onSeek: (frame) => this.store.slide({ frame }),
        onStep: (by) => this.step(by),
        onLoop: (loop) => this.store.step({ loop }),
        onSpeed: (speed) => this.store.step({ speed }),
        onClose: () => {
          this.stop()
          this.store.step({ series: "", frame: 0 })
        },
      },
      true,
    )
    this.tracks = new PlayerBar(
      "Time along the tracks",
      {
        onPlay: () => this.toggleTracks(),
        onSeek: (time) => this.store.slideSettings({ time }),
        onStep: (by) => this.slideTracks(by / 40),
        onLoop: (loop) => this.store.step({ loop }),
        onSpeed: () => {},
        onClose: () => {},
      },
      false,
    )
    this.element.append(this.frames.element, this.tracks.element)
  }

  show(series: Series | null, scene: Scene): void {
    const { state } = scene
    this.frames.element.hidden = !series
    if (series) {
      const count = series.entries.length
      const at = Math.min(state.frame, Math.max(0, count - 1))
      const text = `${series.entries[at]?.title.split("/").at(-1) ?? ""} (${at + 1} of ${count})`
      this.frames.show({ count, at, text, playing: this.frameClock.running, loop: state.loop, speed: state.speed })
    } else this.frameClock.stop()
    const tracks = hasTracks(scene.documents) && state.settings.tracks !== "off"
    this.tracks.element.hidden = !tracks
    if (tracks) {
      const at = state.settings.time
      this.tracks.show({
        count: 0,
        at,
        text: stepWords(scene.documents, at),
        playing: this.trackClock.running,
        loop: state.loop,
        speed: state.speed,
      })
    } else this.trackClock.stop()
  }

  /** The space bar: frames where there are some, else tracks. */
  toggle(): void {
    if (this.now().frames) this.toggleFrames()
    else if (!this.tracks.element.hidden) this.toggleTracks()
  }

  step(by: number): void {
    const count = this.now().frames
    if (!count) return this.slideTracks(by / 40)
    this.frameClock.stop()
    this.store.slide({ frame: (this.frame() + by + count) % count })
  }

  stop(): void {
    this.frameClock.stop()
    this.trackClock.stop()
  }

  private frame(): number {
    return Math.min(this.store.state.frame, Math.max(0, this.now().frames - 1))
  }

  private toggleFrames(): void {
    if (this.frameClock.running) return this.frameClock.stop()
    if (nextFrame(this.frame(), this.now().frames, false) === null) this.store.slide({ frame: 0 })
    this.waited = 0
    this.frameClock.start()
  }

  private tickFrames(passed: number): boolean {
    this.waited += passed
    if (this.waited < 1 / this.store.state.speed) return true
    this.waited = 0 // a slow renderer shows every frame, later
    const frame = nextFrame(this.frame(), this.now().frames, this.store.state.loop)
    if (frame !== null) this.store.slide({ frame })
    return frame !== null
  }

  private toggleTracks(): void {
    if (this.trackClock.running) return this.trackClock.stop()
    if (this.store.state.settings.time >= 1) this.store.slideSettings({ time: 0 })
    this.trackClock.start()
  }

  private tickTracks(passed: number): boolean {
    const time = nextShare(this.store.state.settings.time, passed, TRACK_SECONDS, this.store.state.loop)
    if (time !== null) this.store.slideSettings({ time })
    return time !== null
  }

  private slideTracks(by: number): void {
    if (this.tracks.element.hidden) return
    this.trackClock.stop()
    this.store.slideSettings({ time: Math.min(1, Math.max(0, this.store.state.settings.time + by)) })
  }
}
