/**
 * Moving the camera by mouse, touch and keys. A drag that is let go glides on and comes to rest; there is no loop before or after.
 *
 * One pointer turns; a right or shifted drag, or two pointers, move; the wheel or a pinch changes the distance. Arrows turn, with shift
 * they move; + and − change the distance; Home goes back.
 */

import type { Camera } from "../contract"
import { HOME, bounded, orbit, pan, sameCamera, zoom } from "./camera"

export interface Steering {
  get(): Camera
  /** settled: the hand rests and nothing glides */
  set(camera: Camera, settled: boolean): void
}

const TURN = 0.35 // degrees a pixel
const REST = 0.02 // degrees a frame below which a glide ends
const FRICTION = 0.86
const KEY_TURN = 6
const KEY_MOVE = 0.05
const SETTLE = 220 // milliseconds without a wheel or key before the camera counts as settled

export class Controls {
  private readonly pointers = new Map<number, { x: number; y: number }>()
  private velocity = { azimuth: 0, elevation: 0 }
  private glide = 0
  private timer = 0
  private last = 0
  private readonly heard: [string, (event: never) => void][]

  constructor(private readonly element: HTMLElement, private readonly steering: Steering) {
    this.heard = [
      ["pointerdown", (event: PointerEvent) => this.down(event)], ["pointermove", (event: PointerEvent) => this.drag(event)],
      ["pointerup", (event: PointerEvent) => this.up(event)], ["pointercancel", (event: PointerEvent) => this.up(event)],
      ["wheel", (event: WheelEvent) => this.wheel(event)], ["keydown", (event: KeyboardEvent) => this.key(event)],
      ["contextmenu", (event: Event) => event.preventDefault()],
    ]
    for (const [name, listener] of this.heard) element.addEventListener(name, listener as EventListener, { passive: false })
  }

  /** End a glide. */
  stop(): void {
    if (this.glide) cancelAnimationFrame(this.glide)
    this.glide = 0
    this.velocity = { azimuth: 0, elevation: 0 }
  }

  dispose(): void {
    this.stop()
    window.clearTimeout(this.timer)
    for (const [name, listener] of this.heard) this.element.removeEventListener(name, listener as EventListener)
  }

  private move(camera: Camera, settled = false): void {
    this.steering.set(camera, settled)
  }

  private settle(): void {
    window.clearTimeout(this.timer)
    this.timer = window.setTimeout(() => this.move(this.steering.get(), true), SETTLE)
  }

  private readonly glideOn = (): void => {
    const { azimuth, elevation } = this.velocity
    this.velocity = { azimuth: azimuth * FRICTION, elevation: elevation * FRICTION }
    const before = this.steering.get()
    const after = orbit(before, this.velocity.azimuth, this.velocity.elevation)
    const done = Math.hypot(this.velocity.azimuth, this.velocity.elevation) < REST || sameCamera(before, after)
    this.glide = done ? 0 : requestAnimationFrame(this.glideOn)
    this.move(after, done)
  }

  private down(event: PointerEvent): void {
    this.stop()
    this.element.focus({ preventScroll: true })
    this.element.setPointerCapture?.(event.pointerId)
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY })
  }

  private drag(event: PointerEvent): void {
    const from = this.pointers.get(event.pointerId)
    if (!from) return
    const [dx, dy] = [event.clientX - from.x, event.clientY - from.y]
    if (!dx && !dy) return
    const height = this.element.clientHeight || 1
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1]
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY })
    const camera = this.steering.get()
    if (other) {
      const before = Math.hypot(from.x - other.x, from.y - other.y)
      const after = Math.hypot(event.clientX - other.x, event.clientY - other.y)
      const closer = before > 0 && after > 0 ? zoom(camera, before / after) : camera
      this.move(pan(closer, dx / 2 / height, -dy / 2 / height))
    } else if (event.buttons & 6 || event.shiftKey) {
      this.move(pan(camera, dx / height, -dy / height))
    } else {
      const now = performance.now()
      const frames = Math.max((now - this.last) / 16.7, 1)
      this.last = now
      this.velocity = { azimuth: (-TURN * dx) / frames, elevation: (TURN * dy) / frames }
      this.move(orbit(camera, -TURN * dx, TURN * dy))
    }
  }

  private up(event: PointerEvent): void {
    if (!this.pointers.delete(event.pointerId) || this.pointers.size) return
    const speed = Math.hypot(this.velocity.azimuth, this.velocity.elevation)
    if (event.type === "pointerup" && performance.now() - this.last < 60 && speed > 0.3) this.glide = requestAnimationFrame(this.glideOn)
    else this.move(this.steering.get(), true)
  }

  private wheel(event: WheelEvent): void {
    event.preventDefault()
    this.stop()
    const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1)
    this.move(zoom(this.steering.get(), Math.exp(Math.min(240, Math.max(-240, pixels)) * 0.0015)))
    this.settle()
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const camera = keyed(this.steering.get(), event.key, event.shiftKey)
    if (!camera) return
    event.preventDefault()
    this.stop()
    this.move(camera)
    this.settle()
  }
}

/** The camera after a key, or null for a key that means nothing here. */
export function keyed(camera: Camera, key: string, shift: boolean): Camera | null {
  const arrows: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }
  const arrow = arrows[key]
  if (arrow && shift) return pan(camera, -KEY_MOVE * arrow[0], -KEY_MOVE * arrow[1])
  if (arrow) return orbit(camera, KEY_TURN * arrow[0], KEY_TURN * arrow[1])
  if (key === "+" || key === "=") return zoom(camera, 1 / 1.12)
  if (key === "-" || key === "_") return zoom(camera, 1.12)
  return key === "Home" ? bounded(HOME) : null
}
