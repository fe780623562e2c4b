/**
 * A field as a surface: its height is one quantity, its colour that or another, with contour lines, a contour map on the floor, tracks and
 * markers over it, and a read-out of the point under the pointer.
 */

import { flagPlaces } from "../choice"
import type { Callbacks, Camera, Look, Mesh as Exported, Shared, View } from "../contract"
import { colorAt, levels, place, short, valueAt } from "../scale"
import { trackWords } from "../track"
import type { Document } from "../types"
import type { Axes } from "./axes"
import { makeAxes, sideOf } from "./axes"
import type { Vector } from "./camera"
import { toZ } from "./box"
import type { Plane } from "./field"
import { readPlane } from "./field"
import { placeOf, pointAt, readout, spotAt } from "./hover"
import type { LevelLabels } from "./labels"
import { labelPlaces, writeLabels } from "./labels"
import { BAD, MISSING } from "../geometry/patches"
import { march } from "./march"
import { exported } from "./export"
import { shareFilled } from "./mesh"
import type { Pen } from "./pen"
import { listen, ring } from "./pointer"
import type { Painted } from "./sheet"
import { LEVELS, Lattice, makeHatching, sheetMesh } from "./sheet"
import type { Frame } from "./stage"
import { Stage } from "./stage"
import type { Theme } from "./theme"
import { THEMES, css, trackColor } from "./theme"
import type { Overlay } from "./tracks"
import { makeOverlay } from "./tracks"

/** Tracks that are named beside the picture. */
const MOST_NAMED = 5

export function makeSurface(callbacks: Callbacks): View {
  return new Surface(callbacks)
}

/** Numbers with as few digits as tell them apart. */
export function distinct(values: readonly number[]): string[] {
  for (let digits = 2; digits < 7; digits++) {
    const texts = values.map((value) => short(value, digits))
    if (new Set(texts).size === texts.length) return texts
  }
  return values.map((value) => short(value, 7))
}

class Surface implements View {
  readonly element: HTMLElement
  private readonly stage: Stage
  private readonly axes: Axes = makeAxes()
  private readonly lattice = new Lattice()
  private readonly top = sheetMesh(this.lattice, "standing")
  private readonly lid = sheetMesh(this.lattice, "lid")
  private readonly floor = sheetMesh(this.lattice, "flat")
  private readonly hatched = { bad: makeHatching(), missing: makeHatching() }
  private readonly overlay: Overlay = makeOverlay()
  private plane: Plane | null = null
  private look: Look | null = null
  private drawn: { document: Document; key: string; paint: string } | null = null
  private labels: LevelLabels[] = []
  private hovered: { k: number | null; at: Vector } | null = null
  private readonly silence: () => void

  constructor(private readonly callbacks: Callbacks) {
    this.stage = new Stage(callbacks, { frame: (frame) => this.frame(frame), write: (pen, frame) => this.write(pen, frame) })
    this.element = this.stage.element
    const { scene } = this.stage
    // what is in front comes first: what is behind it costs nothing then
    this.floor.mesh.renderOrder = 1
    for (const hatch of Object.values(this.hatched)) scene.add(hatch.mesh)
    scene.add(this.axes.object, this.floor.mesh, this.top.mesh, this.lid.mesh, this.overlay.object)
    this.silence = listen(this.element, { hover: (x, y) => this.hover(x, y), leave: () => this.leave() })
  }

  update(document: Document, look: Look, shared: Shared): void {
    if (!document.field) throw new Error("a surface needs a result over a plane")
    const [nx, ny] = [document.field.x, document.field.y].map((axis) => axis.values.shape[0])
    if (Math.min(nx, ny) < 2) throw new Error(`a surface needs at least 2 × 2 points, and this has ${nx} × ${ny}`)
    const key = JSON.stringify([look.height, look.color, look.scale, look.clip, look.floor, look.tracks, look.sheet, shared])
    const paint = JSON.stringify([look.map, look.theme, look.contours])
    const anew = this.drawn?.document !== document || this.drawn.key !== key
    if (anew) this.plane = readPlane(document.field, look, shared)
    if (anew || this.drawn?.paint !== paint) this.build(this.plane!, look, THEMES[look.theme], anew)
    this.drawn = { document, key, paint }
    this.look = look
    this.overlay.time(look.time)
    this.stage.settings(look)
    this.element.setAttribute("aria-label", this.describe())
    this.hovered = anew ? null : this.hovered
  }

  private build(plane: Plane, look: Look, theme: Theme, anew: boolean): void {
    const { box, field } = plane
    const painted: Painted | null = plane.scale && { ...plane, scale: plane.scale }
    for (const part of [this.top.mesh, this.floor.mesh]) part.visible = painted !== null
    if (painted) {
      if (anew) this.lattice.set(painted, look.map, theme, look.contours)
      else this.lattice.repaint(painted, look.map, theme, look.contours)
      this.hatched.bad.set(this.lattice.left.bad, painted, theme.inkRgb, true)
      this.hatched.missing.set(this.lattice.left.missing, painted, theme.hatch, false)
    }
    this.floor.mesh.visible = painted !== null && look.floor
    this.clip(painted !== null && plane.values.some((value) => value > painted.scale.high * (1 + 1e-6)))
    this.lid.mesh.position.z = toZ(box, plane.scale?.high ?? NaN)
    this.floor.mesh.position.z = box.floor + 0.001
    for (const hatch of Object.values(this.hatched)) hatch.mesh.position.z = box.floor + 0.0015
    const side = { x: sideOf(field.x.label, box.x.low, box.x.high, box.width), y: sideOf(field.y.label, box.y.low, box.y.high, box.depth) }
    const z = { label: plane.height.label, scale: box.scale, length: box.height, start: box.base, span: box.rise }
    this.axes.set({ ...side, z }, theme)
    this.overlay.set(plane, look, theme)
    this.labels = look.contours && plane.scale ? this.labelled(plane, look, theme) : []
  }

  /** Only what is clipped is drawn with a lid, and by the slower shader that cuts it off. */
  private clip(clipped: boolean): void {
    this.lid.mesh.visible = clipped
    const { shader } = this.top
    if (clipped === "CLIPPED" in shader.defines) return
    shader.defines = clipped ? { CLIPPED: 1 } : {}
    shader.needsUpdate = true
  }

  private labelled(plane: Plane, look: Look, theme: Theme): LevelLabels[] {
    const scale = plane.scale!
    const values = levels(scale, LEVELS).slice(0, 40)
    const places = labelPlaces(plane.heights(), values.map((value) => toZ(plane.box, value)))
    const texts = distinct(values)
    const same = plane.paint.name === plane.height.name // then the colour on the line is that of its level
    const colors = (k: number, level: number) => {
      const { scale: own, name } = plane.paint
      const [off, on] = flagPlaces(name)
      const found = colorAt(look.map, own ? place(own, same ? level : plane.colors[k]) : plane.colors[k] > 0.5 ? on : off)
      const back = found ? (found.map((byte) => byte / 255) as Vector) : theme.unknown
      const dark = 0.299 * back[0] + 0.587 * back[1] + 0.114 * back[2] < 0.42
      return { color: dark ? "#ffffff" : "#0b0f14", halo: css(back, 0.9) }
    }
    return values.map((value, n) => ({ text: texts[n], places: places[n], colors: (k) => colors(k, value) }))
  }

  private frame(frame: Frame): void {
    this.axes.frame(frame)
    this.overlay.frame(frame)
    for (const hatch of Object.values(this.hatched)) hatch.frame(frame.ratio)
    const { coarse, geometry } = this.lattice
    this.top.mesh.geometry = this.lid.mesh.geometry = frame.low && frame.moving && coarse ? coarse : geometry
    this.floor.mesh.geometry = frame.low && coarse ? coarse : geometry
    const azimuth = Math.atan2(frame.right[1], frame.right[0]) // the light comes over the left shoulder
    const [x, y, z] = [-0.52, -0.34, 0.78]
    this.lattice.uniforms.light.value.set(x * Math.cos(azimuth) - y * Math.sin(azimuth), x * Math.sin(azimuth) + y * Math.cos(azimuth), z)
  }

  private write(pen: Pen, frame: Frame): void {
    const { plane, look } = this
    if (!plane || !look) return
    this.axes.write(pen, frame)
    this.writeMarkers(pen, frame)
    if (!plane.scale) {
      const kind = look.scale === "auto" ? plane.height.scale : look.scale
      const none = `no value of ${plane.height.label} has a place on a ${kind} scale`
      const words = plane.state.includes(BAD) ? none : "nothing is computed yet"
      pen.write(words, frame.width / 2, frame.height / 2, { size: 13, color: frame.theme.ink, halo: frame.ground, always: true })
      return
    }
    this.writeTracks(pen, frame, plane, look)
    writeLabels(pen, frame, this.labels, plane.heights())
    if (this.hovered) this.writeCursor(pen, frame, plane)
  }

  /** What the lines are, at the upper left; their names alone where there is little room. */
  private writeTracks(pen: Pen, frame: Frame, plane: Plane, look: Look): void {
    if (frame.width < 300) return
    plane.courses.slice(0, MOST_NAMED).forEach((course, k) => {
      const [y, color] = [14 + 16 * k, css(trackColor(frame.theme.name, k))]
      Object.assign(pen.context, { strokeStyle: color, lineWidth: 2 })
      pen.context.beginPath()
      pen.context.moveTo(10, y)
      pen.context.lineTo(26, y)
      pen.context.stroke()
      const left = k === MOST_NAMED - 1 ? plane.courses.length - k : 0
      const words = left > 1 ? `and ${left} more` : trackWords(course, look.time, frame.width < 480)
      pen.write(words, 32, y, { size: 11, align: "left", color: frame.theme.soft, halo: frame.ground, always: true })
    })
  }

  private writeMarkers(pen: Pen, frame: Frame): void {
    for (const spot of this.overlay.spots) {
      const at = spot.marker && frame.project(spot.at)
      if (!spot.marker || !at) continue
      const [name, size] = [spot.marker.name, 11]
      pen.keep(at[0] - 9, at[1] - 9, 18, 18)
      if (frame.width < 300 && spot.marker.role === "trained") continue
      pen.write(name, at[0] + 13, at[1] - 1, { size, weight: 600, align: "left", color: frame.theme.ink, halo: frame.ground })
    }
  }

  /** A ring at the point, and a line down to the floor. */
  private writeCursor(pen: Pen, frame: Frame, plane: Plane): void {
    const [x, y, z] = this.hovered!.at
    const [top, foot] = [frame.project([x, y, z]), frame.project([x, y, plane.box.floor])]
    if (!top || !foot) return
    const { context } = pen
    Object.assign(context, { strokeStyle: frame.theme.soft, lineWidth: 1 })
    context.setLineDash([3, 3])
    context.beginPath()
    context.moveTo(...top)
    context.lineTo(...foot)
    context.stroke()
    context.setLineDash([])
    ring(context, top)
  }

  private leave(): void {
    if (this.hovered) this.stage.invalidate("words")
    this.hovered = null
    this.callbacks.onHover(null)
  }

  private hover(x: number, y: number): void {
    const { plane, look } = this
    if (!plane || !look) return
    const ray = this.stage.ray(x, y)
    const spot = spotAt(this.overlay.spots, this.stage.frame(), x, y, look.time)
    const hit = march(plane.heights(), ray.origin, ray.direction)?.point ?? this.onFloor(plane, ray)
    const near = spot ? spot.at : hit
    if (!near) return this.leave()
    const inside = Math.abs(near[0]) <= plane.box.width / 2 && Math.abs(near[1]) <= plane.box.depth / 2
    const k = inside ? pointAt(plane, near[0], near[1]) : null
    const at: Vector = spot ? spot.at : placeOf(plane, k!)
    this.hovered = { k, at: [at[0], at[1], Number.isNaN(at[2]) ? plane.box.floor : at[2]] }
    this.stage.invalidate("words")
    this.callbacks.onHover(readout(plane, k, spot))
  }

  /** Where a ray meets the floor, within the lattice: over holes, or on the contour map. */
  private onFloor(plane: Plane, ray: { origin: Vector; direction: Vector }): Vector | null {
    const t = (plane.box.floor - ray.origin[2]) / ray.direction[2]
    const { x, y } = plane.heights()
    const at = ray.origin.map((value, k) => value + t * ray.direction[k]) as Vector
    const inside = at[0] >= x[0] && at[0] <= x[x.length - 1] && at[1] >= y[0] && at[1] <= y[y.length - 1]
    return t > 0 && inside ? at : null
  }

  setCamera(camera: Camera): void {
    this.stage.setCamera(camera)
  }

  getCamera(): Camera {
    return this.stage.getCamera()
  }

  resize(): void {
    this.stage.resize()
  }

  async canvas(scale: number): Promise<HTMLCanvasElement> {
    return this.stage.picture(scale)
  }

  mesh(): Exported {
    if (!this.plane || !this.look) throw new Error("there is no surface yet")
    return exported(this.plane, this.look.map)
  }

  describe(): string {
    const { plane } = this
    if (!plane) return "Surface, empty so far."
    const { x, y } = plane.field
    const of = `Surface of ${plane.height.label} over ${x.label} and ${y.label}${plane.sheet.name ? `, ${plane.sheet.name}` : ""}`
    if (!plane.scale) return `${of}; nothing to draw.`
    const [low, high] = [0, 1].map((at) => short(valueAt(plane.scale!, at)))
    const count = (which: number) => plane.state.reduce((sum, state) => sum + (state === which ? 1 : 0), 0)
    const [bad, missing] = [count(BAD), count(MISSING)]
    const more = [
      plane.paint.name === plane.height.name ? "" : `, coloured by ${plane.paint.label || plane.paint.name}`,
      bad ? `; ${bad} points have no place on the scale` : "",
      missing || shareFilled(plane.state) ? "; not all points are computed yet" : "",
    ]
    const tracks = plane.courses.length ? ` Tracks: ${plane.courses.map((course) => course.name || "run").join(", ")}.` : ""
    const marks = plane.field.markers.length ? ` Marked: ${plane.field.markers.map((marker) => marker.name).join(", ")}.` : ""
    return `${of}, from ${low} to ${high} on a ${plane.scale.kind} scale${more.join("")}.${tracks}${marks}`
  }

  dispose(): void {
    this.silence()
    for (const part of [this.axes, this.lattice, this.overlay, ...Object.values(this.hatched)]) part.dispose()
    for (const { shader } of [this.top, this.lid, this.floor]) shader.dispose()
    this.stage.dispose()
  }
}
