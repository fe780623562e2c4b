/**
 * What every 3-D view stands on: a canvas for the picture and one above it for words, a camera that can be moved, and drawing on demand.
 *
 * invalidate() asks for one frame; nothing is drawn while nothing changes. In low quality (a software renderer) a picture that moves has
 * fewer pixels, and gets all of them when it rests. A lost WebGL context is waited for, and given up after a few seconds.
 */

import { ColorManagement, PerspectiveCamera, Scene, Vector3, WebGLRenderer } from "three"
import type { Callbacks, Camera, Look } from "../contract"
import type { Pose, Vector } from "./camera"
import { HOME, bounded, fieldOfView, pose, sameCamera } from "./camera"
import { Controls } from "./controls"
import type { Pen } from "./pen"
import { pen } from "./pen"
import { THEMES, groundOf } from "./theme"
import type { Theme } from "./theme"
import { webgl } from "./webgl"

export interface Frame extends Pose {
  /** of the picture in pixels, and device pixels per pixel */
  width: number
  height: number
  ratio: number
  theme: Theme
  ground: string
  moving: boolean
  low: boolean
  /** where a place in the box is on the screen, in pixels from the upper left; null behind the eye */
  project(at: Vector): [number, number] | null
}

export interface Actor {
  /** before a frame is drawn */
  frame(frame: Frame): void
  write(pen: Pen, frame: Frame): void
}

const MOST_PIXELS = 2 // device pixels per pixel, at most
const MOVING_LOW = 0.6
const REST = 260 // milliseconds without a new camera before a picture rests
const FILMED = 1000 // milliseconds after a picture for a file, which may be one of a film, before the page has its own again
const GIVE_UP = 4000
const LARGEST = 8192

function ground(): HTMLElement {
  const element = document.createElement("div")
  Object.assign(element.style, { position: "relative", width: "100%", height: "100%", overflow: "hidden" })
  Object.assign(element.style, { touchAction: "none", outlineOffset: "-2px" })
  element.tabIndex = 0
  element.setAttribute("role", "img")
  return element
}

function layer(element: HTMLElement): HTMLCanvasElement {
  const canvas = document.createElement("canvas")
  Object.assign(canvas.style, { position: "absolute", inset: "0", width: "100%", height: "100%", display: "block" })
  canvas.setAttribute("aria-hidden", "true")
  element.append(canvas)
  return canvas
}

export class Stage {
  readonly element: HTMLElement
  readonly scene = new Scene()
  private readonly canvas: HTMLCanvasElement
  private readonly sheet: HTMLCanvasElement
  private readonly renderer: WebGLRenderer
  private readonly eye = new PerspectiveCamera()
  private readonly point = new Vector3()
  private readonly software = webgl() === "software"
  private readonly controls: Controls
  private camera = bounded(HOME)
  private theme: Theme = THEMES.light
  private ground = this.theme.ground
  private low = this.software
  private moving = false
  private wanted: "" | "picture" | "words" = ""
  private request = 0
  private frames = 0
  private ready = false
  private lost = 0
  private rest = 0
  private size = { width: 0, height: 0, ratio: 0 }

  /** Raises an Error where there is no WebGL. */
  constructor(private readonly callbacks: Callbacks, private readonly actor: Actor) {
    ColorManagement.enabled = false // colours are those of the tables, byte for byte
    this.element = ground()
    this.canvas = layer(this.element)
    this.sheet = layer(this.element)
    this.sheet.style.pointerEvents = "none"
    this.renderer = new WebGLRenderer({ canvas: this.canvas, antialias: !this.software, alpha: true, powerPreference: "high-performance" })
    this.renderer.setClearColor(0x000000, 0)
    this.controls = new Controls(this.element, {
      get: () => this.camera,
      set: (camera, settled) => {
        this.show(camera, settled)
        callbacks.onCamera(camera, settled)
      },
    })
    this.canvas.addEventListener("webglcontextlost", this.onLost)
    this.canvas.addEventListener("webglcontextrestored", this.onRestored)
  }

  /** The picture is drawn again soon; words alone are cheaper. */
  invalidate(what: "picture" | "words" = "picture"): void {
    if (this.wanted !== "picture") this.wanted = what
    this.request ||= requestAnimationFrame(this.draw)
  }

  settings(look: Look): void {
    this.theme = THEMES[look.theme]
    this.low = look.quality === "low" || (look.quality === "auto" && this.software)
    this.element.dataset.quality = this.low ? "low" : "high"
    this.invalidate()
  }

  setCamera(next: Camera): void {
    if (sameCamera(this.camera, bounded(next))) return
    this.controls.stop()
    this.show(bounded(next), false)
  }

  getCamera(): Camera {
    return this.camera
  }

  resize(): void {
    this.invalidate()
  }

  /** The frame as it would be drawn now. */
  frame(ratio = this.ratio()): Frame {
    const { theme, ground, moving, low, eye, point } = this
    const width = this.element.clientWidth || 300
    const height = this.element.clientHeight || 200
    this.place(width / height)
    return {
      ...pose(this.camera), width, height, ratio, theme, ground, moving, low,
      project(at) {
        point.set(...at).applyMatrix4(eye.matrixWorldInverse)
        if (point.z > -0.01) return null
        point.applyMatrix4(eye.projectionMatrix)
        return [(0.5 + 0.5 * point.x) * width, (0.5 - 0.5 * point.y) * height]
      },
    }
  }

  /** The ray through a pixel of the element. */
  ray(x: number, y: number): { origin: Vector; direction: Vector } {
    const frame = this.frame(1)
    this.point.set((2 * x) / frame.width - 1, 1 - (2 * y) / frame.height, 0.5).unproject(this.eye)
    const direction = this.point.sub(this.eye.position).normalize()
    return { origin: frame.eye, direction: [direction.x, direction.y, direction.z] }
  }

  /** The frame on a canvas. The page has its own size again once no other picture is asked for, so that films are drawn once, not twice. */
  picture(scale: number): HTMLCanvasElement {
    if (this.lost) throw new Error("the 3-D picture is lost at the moment; try again")
    const { width, height } = this.frame()
    const fine = this.low ? 1 : Math.min(window.devicePixelRatio || 1, MOST_PIXELS)
    const ratio = Math.min(scale * fine, LARGEST / Math.max(width, height))
    this.ground = groundOf(this.element, this.theme.ground)
    const frame = { ...this.frame(ratio), moving: false }
    this.render(frame)
    const [out, text] = [document.createElement("canvas"), document.createElement("canvas")]
    Object.assign(out, { width: this.canvas.width, height: this.canvas.height })
    const context = out.getContext("2d", { willReadFrequently: true })!
    context.fillStyle = frame.ground
    context.fillRect(0, 0, out.width, out.height)
    context.drawImage(this.canvas, 0, 0)
    this.words(frame, text, ratio)
    context.drawImage(text, 0, 0, out.width, out.height)
    if (this.request) cancelAnimationFrame(this.request)
    this.request = 0
    this.settle(FILMED)
    return out
  }

  dispose(): void {
    this.controls.dispose()
    for (const timer of [this.lost, this.rest]) window.clearTimeout(timer)
    if (this.request) cancelAnimationFrame(this.request)
    this.canvas.removeEventListener("webglcontextlost", this.onLost)
    this.canvas.removeEventListener("webglcontextrestored", this.onRestored)
    this.renderer.dispose()
    if (!this.renderer.getContext().isContextLost()) this.renderer.forceContextLoss()
    this.element.remove()
  }

  private ratio(): number {
    return Math.min(window.devicePixelRatio || 1, this.low ? 1 : MOST_PIXELS) * (this.low && this.moving ? MOVING_LOW : 1)
  }

  private place(aspect: number): void {
    const { eye, camera } = this
    const stand = pose(camera)
    eye.fov = fieldOfView(aspect)
    eye.aspect = aspect
    eye.near = Math.max(0.02, camera.distance * 0.08)
    eye.far = camera.distance + 4
    eye.up.set(...stand.up)
    eye.position.set(...stand.eye)
    eye.lookAt(...camera.target)
    eye.updateMatrixWorld()
    eye.updateProjectionMatrix()
  }

  private readonly draw = (): void => {
    this.request = 0
    const what = this.wanted
    this.wanted = ""
    if (this.lost || !this.element.clientWidth || !this.element.clientHeight) return
    if (what === "picture") this.ground = groundOf(this.element, this.theme.ground)
    const frame = this.frame()
    if (what === "picture") this.render(frame)
    this.words(frame, this.sheet, Math.min(window.devicePixelRatio || 1, MOST_PIXELS))
    if (what !== "picture" || this.ready) return
    this.ready = true
    this.callbacks.onReady()
  }

  private render(frame: Frame): void {
    const { width, height, ratio } = frame
    if (this.size.width !== width || this.size.height !== height || this.size.ratio !== ratio) {
      this.size = { width, height, ratio }
      this.renderer.setPixelRatio(ratio)
      this.renderer.setSize(width, height, false)
    }
    this.actor.frame(frame)
    this.renderer.render(this.scene, this.eye)
    this.element.dataset.frames = String(++this.frames)
  }

  private words(frame: Frame, onto: HTMLCanvasElement, ratio: number): void {
    const [width, height] = [Math.round(frame.width * ratio), Math.round(frame.height * ratio)]
    if (onto.width !== width || onto.height !== height) Object.assign(onto, { width, height })
    const context = onto.getContext("2d")!
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    context.clearRect(0, 0, frame.width, frame.height)
    this.actor.write(pen(context, frame.width, frame.height), frame)
  }

  private show(next: Camera, settled: boolean): void {
    const same = sameCamera(this.camera, next) && this.moving === !settled
    this.camera = next
    this.moving = !settled
    if (this.moving) this.settle(REST)
    else window.clearTimeout(this.rest)
    if (!same) this.invalidate()
  }

  /** Draws well, once nothing moves any more. */
  private settle(after: number): void {
    window.clearTimeout(this.rest)
    this.rest = window.setTimeout(() => ((this.moving = false), this.invalidate()), after)
  }

  private readonly onLost = (event: Event): void => {
    event.preventDefault()
    this.lost = window.setTimeout(() => this.callbacks.onFailed("The browser took the 3-D picture away (WebGL was lost)."), GIVE_UP)
  }

  private readonly onRestored = (): void => {
    window.clearTimeout(this.lost)
    this.lost = 0
    this.invalidate()
  }
}
