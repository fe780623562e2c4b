/**
 * A volume: shells of equal value inside each other, and a cut that can be moved through it with the colour map and contour lines, on which
 * the pointer reads.
 */

import { Matrix4 } from "three"
import type { Callbacks, Camera, Look, Mesh as Exported, Shared, View } from "../contract"
import { colorAt, makeScale, short, valueAt } from "../scale"
import type { Document } from "../types"
import { makeAxes, sideOf } from "./axes"
import type { Box } from "./box"
import type { Vector } from "./camera"
import { said, spotAt, spotLines } from "./hover"
import { BAD, MISSING, filled, patch } from "../geometry/patches"
import { nearest } from "./march"
import type { Pen } from "./pen"
import { listen, ring } from "./pointer"
import { floats } from "./reading"
import type { AxisName, Solid } from "./solid"
import { CUTS, SIDE, blockOf, cutOf, fromBox, inBox, indexInCut, layerAt, readSolid } from "./solid"
import { levelsOf, makeShells } from "./shells"
import { Lattice, makeHatching, sheetMesh } from "./sheet"
import type { Painted } from "./sheet"
import type { Frame } from "./stage"
import { Stage } from "./stage"
import { DISC, STAR, noSegments, noSigns, segment, sign, signs, strokes } from "./strokes"
import type { Theme } from "./theme"
import { THEMES, starColor } from "./theme"
import type { Spot } from "./tracks"

export function makeVolume(callbacks: Callbacks): View {
  return new VolumeView(callbacks)
}

class VolumeView implements View {
  readonly element: HTMLElement
  private readonly stage: Stage
  private readonly axes = makeAxes()
  private readonly lattice = new Lattice()
  private readonly cut = sheetMesh(this.lattice, "flat")
  private readonly hatched = { bad: makeHatching(), missing: makeHatching() }
  private readonly frameOfCut = strokes({ order: 5, lift: 0.004 })
  private readonly marks = [signs({ lift: 0.02, hidden: true, opacity: 0.55, order: 40 }), signs({ lift: 0.02, order: 41 })]
  private readonly shells
  private solid: Solid | null = null
  private look: Look | null = null
  private drawn: { document: Document; solid: string; iso: string } | null = null
  private layer = 0
  private spots: Spot[] = []
  private hovered: Vector | null = null
  private readonly silence: () => void

  constructor(private readonly callbacks: Callbacks) {
    this.stage = new Stage(callbacks, { frame: (frame) => this.frame(frame), write: (pen, frame) => this.write(pen, frame) })
    this.element = this.stage.element
    this.shells = makeShells(() => this.stage.invalidate())
    const hatches = Object.values(this.hatched).map((hatch) => hatch.mesh)
    const flat = [this.cut.mesh, ...hatches]
    for (const mesh of flat) mesh.matrixAutoUpdate = false
    this.stage.scene.add(this.axes.object, ...flat, this.shells.object, this.frameOfCut.object, ...this.marks.map((drawn) => drawn.object))
    this.silence = listen(this.element, { hover: (x, y) => this.hover(x, y), leave: () => this.leave() })
  }

  update(document: Document, look: Look, shared: Shared): void {
    if (!document.volume) throw new Error("a volume view needs a result over three coordinates")
    const sizes = [document.volume.x, document.volume.y, document.volume.z].map((axis) => axis.values.shape[0])
    if (Math.min(...sizes) < 2) throw new Error(`a volume needs at least 2 × 2 × 2 points, and this has ${sizes.join(" × ")}`)
    const solidKey = JSON.stringify([look.height, look.color, look.scale, look.clip, look.sheet, shared])
    const isoKey = `${solidKey} ${look.iso}`
    const anew = this.drawn?.document !== document || this.drawn.solid !== solidKey
    if (anew) this.solid = readSolid(document.volume, look, shared)
    const solid = this.solid!
    const theme = THEMES[look.theme]
    if ((anew || this.drawn?.iso !== isoKey) && solid.scale) this.shells.set(blockOf(solid), look.iso)
    this.shells.paint(look.map, theme.groundRgb, theme.unknown)
    this.shells.object.visible = solid.scale !== null
    this.look = look
    this.drawn = { document, solid: solidKey, iso: isoKey }
    this.build(solid, look, theme)
    this.stage.settings(look)
    this.element.setAttribute("aria-label", this.describe())
    this.hovered = null
  }

  private build(solid: Solid, look: Look, theme: Theme): void {
    const { volume, axes } = solid
    const side = (axis: AxisName) => sideOf(volume[axis].label, axes[axis][0], axes[axis][axes[axis].length - 1], SIDE)
    this.axes.set({ x: side("x"), y: side("y"), z: side("z") }, theme)
    this.layer = layerAt(solid, look.cutAxis, look.cut)
    const flat = [this.cut.mesh, ...Object.values(this.hatched).map((hatch) => hatch.mesh)]
    for (const mesh of flat) mesh.visible = solid.scale !== null
    if (solid.scale) this.buildCut(solid, look, theme)
    const marks = noSigns()
    const placed = volume.markers.filter(({ x, y, z }) => [x, y, z].every(Number.isFinite))
    this.spots = placed.map((marker) => {
      const at: Vector = [inBox(solid, "x", marker.x), inBox(solid, "y", marker.y), inBox(solid, "z", marker.z ?? 0)]
      const trained = marker.role === "trained"
      if (trained) sign(marks, at, STAR, 22, starColor(theme.name), [1, 1, 1])
      else sign(marks, at, DISC, 11, [1, 1, 1], [0.07, 0.07, 0.07])
      return { at, time: 0, course: null, k: 0, marker }
    })
    for (const drawn of this.marks) drawn.set(marks)
  }

  private buildCut(solid: Solid, look: Look, theme: Theme): void {
    const axis = look.cutAxis
    const [across, up] = CUTS[axis]
    const painted = cutPainted(solid, axis, this.layer)
    this.lattice.set(painted, look.map, theme, look.contours)
    this.cut.mesh.geometry = this.lattice.geometry
    this.hatched.bad.set(this.lattice.left.bad, painted, theme.inkRgb, true)
    this.hatched.missing.set(this.lattice.left.missing, painted, theme.hatch, false)
    const at = inBox(solid, axis, solid.axes[axis][this.layer])
    const unit = (name: AxisName): Vector => [name === "x" ? 1 : 0, name === "y" ? 1 : 0, name === "z" ? 1 : 0]
    const [u, v, n] = [unit(across), unit(up), unit(axis)]
    const matrix = new Matrix4().set(
      u[0], v[0], n[0], at * n[0], u[1], v[1], n[1], at * n[1], u[2], v[2], n[2], at * n[2], 0, 0, 0, 1,
    )
    for (const mesh of [this.cut.mesh, ...Object.values(this.hatched).map((hatch) => hatch.mesh)]) {
      mesh.matrix.copy(matrix)
      mesh.matrixWorldNeedsUpdate = true
    }
    this.shells.cut(n, at)
    const half = SIDE / 2
    const corner = (a: number, b: number): Vector => [0, 1, 2].map((k) => a * u[k] + b * v[k] + at * n[k]) as Vector
    const corners = [corner(-half, -half), corner(half, -half), corner(half, half), corner(-half, half)]
    const outline = noSegments()
    corners.forEach((from, k) => segment(outline, from, corners[(k + 1) % 4], theme.inkRgb, 1.4, 0.8))
    this.frameOfCut.set(outline)
  }

  private frame(frame: Frame): void {
    this.axes.frame(frame)
    this.shells.frame(frame)
    for (const drawn of [this.frameOfCut, ...this.marks]) drawn.frame(frame.width * frame.ratio, frame.height * frame.ratio, frame.ratio, 1)
    for (const hatch of Object.values(this.hatched)) hatch.frame(frame.ratio)
  }

  private write(pen: Pen, frame: Frame): void {
    const { solid, look } = this
    if (!solid || !look) return
    this.axes.write(pen, frame)
    if (!solid.scale) {
      const words = solid.state.includes(BAD) ? `no value of ${solid.quantity.label} has a place on this scale` : "nothing is computed yet"
      pen.write(words, frame.width / 2, frame.height / 2, { size: 13, color: frame.theme.ink, halo: frame.ground, always: true })
      return
    }
    for (const spot of this.spots) {
      const at = frame.project(spot.at)
      const words = { size: 11, weight: 600, align: "left" as const, color: frame.theme.ink, halo: frame.ground }
      if (at && spot.marker && frame.width > 320) pen.write(spot.marker.name, at[0] + 13, at[1], words)
    }
    const shown = levelsOf(look.iso).map((level) => short(valueAt(solid.scale!, level))).join(", ")
    const cut = `${solid.volume[look.cutAxis].label} = ${short(solid.axes[look.cutAxis][this.layer])}`
    const size = frame.width < 420 ? 10.5 : 11.5
    const quiet = { size, align: "left" as const, color: frame.theme.soft, halo: frame.ground, always: true }
    pen.write(`${shown ? `shells at ${shown}; ` : ""}cut at ${cut}`, 10, 14, quiet)
    const at = this.hovered && frame.project(this.hovered)
    if (!at) return
    ring(pen.context, at)
  }

  private leave(): void {
    if (this.hovered) this.stage.invalidate("words")
    this.hovered = null
    this.callbacks.onHover(null)
  }

  private hover(x: number, y: number): void {
    const { solid, look } = this
    if (!solid?.scale || !look) return
    const spot = spotAt(this.spots, this.stage.frame(), x, y, 1)
    const found = this.onCut(solid, look.cutAxis, x, y)
    if (!spot && !found) return this.leave()
    this.hovered = spot ? spot.at : found!.at
    this.stage.invalidate("words")
    this.callbacks.onHover({ lines: spot ? spotLines(spot) : pointLines(solid, found!.k) })
  }

  /** The lattice point of the cut that is nearest to where the ray through a pixel meets it. */
  private onCut(solid: Solid, axis: AxisName, px: number, py: number): { at: Vector; k: number } | null {
    const { origin, direction } = this.stage.ray(px, py)
    const n = { x: 0, y: 1, z: 2 }
    const [across, up] = CUTS[axis]
    const level = inBox(solid, axis, solid.axes[axis][this.layer])
    const t = (level - origin[n[axis]]) / direction[n[axis]]
    const p = origin.map((value, k) => value + t * direction[k])
    if (!(t > 0) || Math.abs(p[n[across]]) > SIDE / 2 || Math.abs(p[n[up]]) > SIDE / 2) return null
    const i = nearest(solid.axes[across], fromBox(solid, across, p[n[across]]))
    const j = nearest(solid.axes[up], fromBox(solid, up, p[n[up]]))
    const at: Vector = [0, 0, 0]
    at[n[axis]] = level
    at[n[across]] = inBox(solid, across, solid.axes[across][i])
    at[n[up]] = inBox(solid, up, solid.axes[up][j])
    return { at, k: indexInCut(solid, axis, this.layer, i, j) }
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
    this.shells.finish()
    return this.stage.picture(scale)
  }

  /** The shells, in data coordinates. */
  mesh(): Exported {
    const { solid, look } = this
    if (!solid || !look) throw new Error("there is no volume yet")
    this.shells.finish()
    const [positions, colors, indices]: number[][] = [[], [], []]
    const axes: AxisName[] = ["x", "y", "z"]
    for (const shell of this.shells.made) {
      const first = positions.length / 3
      shell.positions.forEach((value, k) => positions.push(fromBox(solid, axes[k % 3], value)))
      for (const tone of shell.tones) colors.push(...(colorAt(look.map, tone) ?? [160, 160, 160]).map((byte) => byte / 255))
      for (const index of shell.indices) indices.push(first + index)
    }
    return { positions: Float32Array.from(positions), colors: Float32Array.from(colors), indices: Uint32Array.from(indices) }
  }

  describe(): string {
    const { solid, look } = this
    if (!solid || !look) return "Volume, empty so far."
    const { x, y, z } = solid.volume
    const sheet = solid.sheet.name ? `, ${solid.sheet.name}` : ""
    const of = `Volume of ${solid.quantity.label} over ${x.label}, ${y.label} and ${z.label}${sheet}`
    if (!solid.scale) return `${of}; nothing to draw.`
    const [low, high] = [0, 1].map((at) => short(valueAt(solid.scale!, at)))
    const shells = levelsOf(look.iso).map((level) => short(valueAt(solid.scale!, level))).join(", ")
    const cut = `${solid.volume[look.cutAxis].label} = ${short(solid.axes[look.cutAxis][this.layer])}`
    const range = `from ${low} to ${high} on a ${solid.scale.kind} scale`
    return `${of}, ${range}; surfaces of equal value at ${shells || "no level"}, cut at ${cut}.`
  }

  dispose(): void {
    this.silence()
    const hatched = Object.values(this.hatched)
    for (const part of [this.axes, this.lattice, this.shells, this.frameOfCut, ...this.marks, ...hatched]) part.dispose()
    this.cut.shader.dispose()
    this.stage.dispose()
  }
}

/** A cut as a flat lattice; what is missing on it is filled in as on a surface. */
function cutPainted(solid: Solid, axis: AxisName, layer: number): Painted {
  const [across, up] = CUTS[axis]
  const [x, y] = [solid.axes[across], solid.axes[up]]
  const state = cutOf(solid, axis, layer, solid.state)
  const patches = patch(state, x, y)
  const scale = solid.scale!
  const raw = cutOf(solid, axis, layer, floats(solid.quantity.values))
  const values = filled(raw, patches, scale.kind)
  const colors = filled(cutOf(solid, axis, layer, solid.paint.values), patches, solid.paint.scale?.kind ?? "linear")
  const range = (of: Float64Array) => ({ low: of[0], high: of[of.length - 1] })
  const box: Box = {
    x: range(x), y: range(y), width: SIDE, depth: SIDE, height: SIDE, floor: 0, base: 0, rise: 1,
    scale: makeScale(scale.kind, scale.low, scale.high),
  }
  return { x, y, state, values, colors, scale, paint: solid.paint, box }
}

function pointLines(solid: Solid, k: number): [string, string][] {
  const [ny, nz] = [solid.axes.y.length, solid.axes.z.length]
  const at = { x: Math.floor(k / (ny * nz)), y: Math.floor(k / nz) % ny, z: k % nz }
  const lines = (["x", "y", "z"] as const).map((axis): [string, string] => [solid.volume[axis].label, short(solid.axes[axis][at[axis]], 4)])
  if (solid.state[k] === MISSING) return [...lines, [solid.quantity.label, "not computed yet"]]
  const first = [solid.quantity, ...solid.sheet.quantities.filter((quantity) => quantity !== solid.quantity)]
  for (const quantity of first) lines.push([quantity.label, said(quantity, k)])
  if (solid.predicted) lines.push(["evaluated", solid.predicted[k] ? "no, predicted" : "yes"])
  return lines
}
