/**
 * The box around the data: three panes behind it with the lines of the ticks, and the numbers and names on its near edges.
 *
 * Which panes are behind, and which edges are near, follows from where the eye is; they change when it crosses a plane of the box.
 */

import { BufferAttribute, BufferGeometry, DoubleSide, Group, Mesh, ShaderMaterial, Vector4 } from "three"
import type { Scale } from "../scale"
import { makeScale, place, ticks } from "../scale"
import type { Vector } from "./camera"
import type { Pen } from "./pen"
import { PLAIN_FRAGMENT, PLAIN_VERTEX } from "./shaders"
import type { Frame } from "./stage"
import { noSegments, segment, strokes } from "./strokes"
import type { Theme } from "./theme"

const STEEP = 0.5

/** One direction of the box: from −length / 2 to length / 2; the scale takes the part from start on. */
export interface Side {
  label: string
  scale: Scale
  length: number
  /** where the low end of the scale is */
  start: number
  /** length of the scale */
  span: number
}

export interface Sides {
  x: Side
  y: Side
  z: Side
}

export function sideOf(label: string, low: number, high: number, length: number): Side {
  return { label, scale: makeScale("linear", low, high), length, start: -length / 2, span: length }
}

interface Tick {
  at: number
  label: string
}

function ticksOf(side: Side, about: number): Tick[] {
  return ticks(side.scale, about).map(({ value, label }) => ({ at: side.start + side.span * place(side.scale, value), label }))
}

export interface Axes {
  object: Group
  set(sides: Sides, theme: Theme): void
  frame(frame: Frame): void
  write(pen: Pen, frame: Frame): void
  dispose(): void
}

export function makeAxes(): Axes {
  const object = new Group()
  const shader = new ShaderMaterial({
    vertexShader: PLAIN_VERTEX, fragmentShader: PLAIN_FRAGMENT, side: DoubleSide, depthWrite: false,
    uniforms: { color: { value: new Vector4() } },
  })
  const panes = new Mesh(new BufferGeometry(), shader)
  panes.renderOrder = 2
  panes.frustumCulled = false
  const lines = strokes({ order: -19, lift: -0.012 })
  object.add(panes, lines.object)
  let sides: Sides | null = null
  let theme: Theme | null = null
  let shown = ""

  const build = (far: Vector) => {
    if (!sides || !theme) return
    const [hx, hy, hz] = [sides.x.length / 2, sides.y.length / 2, sides.z.length / 2]
    const [fx, fy, fz] = [far[0] * hx, far[1] * hy, far[2] * hz]
    const quads: Vector[][] = [
      [[fx, -hy, -hz], [fx, hy, -hz], [fx, hy, hz], [fx, -hy, hz]],
      [[-hx, fy, -hz], [hx, fy, -hz], [hx, fy, hz], [-hx, fy, hz]],
      [[-hx, -hy, fz], [hx, -hy, fz], [hx, hy, fz], [-hx, hy, fz]],
    ]
    const geometry = new BufferGeometry()
    const corners = quads.flatMap((q) => [q[0], q[1], q[2], q[0], q[2], q[3]]).flat()
    geometry.setAttribute("position", new BufferAttribute(Float32Array.from(corners), 3))
    panes.geometry.dispose()
    panes.geometry = geometry
    shader.uniforms.color.value.set(...theme.pane, 1)
    const out = noSegments()
    for (const { at } of ticksOf(sides.x, 5)) {
      segment(out, [at, -hy, fz], [at, hy, fz], theme.grid, 1)
      segment(out, [at, fy, -hz], [at, fy, hz], theme.grid, 1)
    }
    for (const { at } of ticksOf(sides.y, 5)) {
      segment(out, [-hx, at, fz], [hx, at, fz], theme.grid, 1)
      segment(out, [fx, at, -hz], [fx, at, hz], theme.grid, 1)
    }
    for (const { at } of ticksOf(sides.z, 5)) {
      segment(out, [fx, -hy, at], [fx, hy, at], theme.grid, 1)
      segment(out, [-hx, fy, at], [hx, fy, at], theme.grid, 1)
    }
    for (const q of quads) for (let k = 0; k < 4; k++) segment(out, q[k], q[(k + 1) % 4], theme.edge, 1)
    lines.set(out)
  }
  return {
    object,
    set(next, colors) {
      sides = next
      theme = colors
      shown = ""
    },
    frame(frame) {
      if (!sides) return
      const far = farSides(frame)
      if (far.join() !== shown) build(far)
      shown = far.join()
      lines.frame(frame.width * frame.ratio, frame.height * frame.ratio, frame.ratio, 1)
    },
    write(pen, frame) {
      if (sides) writeAxes(pen, frame, sides)
    },
    dispose() {
      panes.geometry.dispose()
      shader.dispose()
      lines.dispose()
    },
  }
}

/** The sign of the side of the box that is behind, in each direction. */
function farSides(frame: Frame): Vector {
  return [frame.eye[0] > 0 ? -1 : 1, frame.eye[1] > 0 ? -1 : 1, frame.eye[2] > -0.2 ? -1 : 1]
}

function writeAxes(pen: Pen, frame: Frame, sides: Sides): void {
  const far = farSides(frame)
  const [hx, hy, hz] = [sides.x.length / 2, sides.y.length / 2, sides.z.length / 2]
  const [nx, ny] = [-far[0] * hx, -far[1] * hy]
  const middle = frame.project([0, 0, far[2] * hz])
  if (!middle) return
  const above = frame.up[2] < 0.2 // from above there is no height to read
  if (!above) {
    const edges: Vector[] = [[nx, -ny, 0], [-nx, ny, 0]]
    const at = edges.map((edge) => frame.project(edge)?.[0] ?? Infinity)
    const [ex, ey] = edges[at[0] < at[1] ? 0 : 1]
    edge(pen, frame, sides.z, (t) => [ex, ey, t], middle, 5)
  }
  const bottom = above ? hz : far[2] * hz // from above the top edges are the outer ones
  edge(pen, frame, sides.x, (t) => [t, ny, bottom], middle, 5)
  edge(pen, frame, sides.y, (t) => [nx, t, bottom], middle, 5)
}

/** Ticks, numbers and the name along one edge of the box, on its outer side. */
function edge(pen: Pen, frame: Frame, side: Side, at: (t: number) => Vector, middle: [number, number], about: number): void {
  const small = frame.width < 420
  const a = frame.project(at(side.start))
  const b = frame.project(at(side.start + side.span))
  if (!a || !b) return
  const length = Math.hypot(b[0] - a[0], b[1] - a[1])
  if (length < 30) return
  const center = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]
  let normal = [-(b[1] - a[1]) / length, (b[0] - a[0]) / length]
  if (normal[0] * (center[0] - middle[0]) + normal[1] * (center[1] - middle[1]) < 0) normal = [-normal[0], -normal[1]]
  const context = pen.context
  const size = small ? 10 : 11
  let widest = 0
  for (const tick of ticksOf(side, about)) {
    const p = frame.project(at(tick.at))
    if (!p) continue
    context.strokeStyle = frame.theme.soft
    context.lineWidth = 1
    context.beginPath()
    context.moveTo(p[0], p[1])
    context.lineTo(p[0] + 4 * normal[0], p[1] + 4 * normal[1])
    context.stroke()
    context.font = `${size}px system-ui, sans-serif`
    const width = context.measureText(tick.label).width
    const away = 8 + Math.abs(normal[0]) * (width / 2) + Math.abs(normal[1]) * (size / 2)
    if (pen.write(tick.label, p[0] + away * normal[0], p[1] + away * normal[1], { size, color: frame.theme.soft })) {
      widest = Math.max(widest, away + Math.abs(normal[0]) * (width / 2) + Math.abs(normal[1]) * (size / 2))
    }
  }
  let angle = Math.atan2(b[1] - a[1], b[0] - a[0])
  if (angle > Math.PI / 2 - STEEP) angle -= Math.PI // what is steep is read upwards
  if (angle < -Math.PI / 2 - STEEP) angle += Math.PI
  if (side.label.length < 3) angle = 0 // a letter is read standing
  const away = widest + 12
  writeName(pen, frame, side.label, [center[0] + away * normal[0], center[1] + away * normal[1]], angle, small ? 11 : 12.5)
}

/** The name of an axis along its edge; written level in the corner where there is no room beside it. */
function writeName(pen: Pen, frame: Frame, label: string, at: [number, number], angle: number, size: number): void {
  pen.context.font = `500 ${size}px system-ui, sans-serif`
  const half = pen.context.measureText(label).width / 2
  const across = half * Math.abs(Math.cos(angle)) + (size / 2) * Math.abs(Math.sin(angle)) + 3
  const up = half * Math.abs(Math.sin(angle)) + (size / 2) * Math.abs(Math.cos(angle)) + 3
  if (2 * across > frame.width || 2 * up > frame.height) return
  const x = Math.min(frame.width - across, Math.max(across, at[0]))
  const y = Math.min(frame.height - up, Math.max(up, at[1]))
  const words = { size, weight: 500, color: frame.theme.ink, always: true }
  const left = at[0] < frame.width / 2
  if (Math.abs(x - at[0]) < 9) pen.write(label, x, y, { ...words, angle })
  else pen.write(label, left ? 8 : frame.width - 8, 14, { ...words, halo: frame.ground, align: left ? "left" : "right" })
}
