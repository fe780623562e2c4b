/** Lines with a width in pixels, and signs (discs, rings, stars) of a size in pixels: one draw call for many of each. */

import {
  BufferAttribute, BufferGeometry, GreaterDepth, InstancedBufferAttribute, InstancedBufferGeometry, LessEqualDepth, Mesh, Points,
  ShaderMaterial, Vector2, Vector4,
} from "three"
import type { Vector } from "./camera"
import { SIGN_FRAGMENT, SIGN_VERTEX, STROKE_FRAGMENT, STROKE_VERTEX } from "./shaders"

export type Color = readonly [number, number, number]

/** Segments as they are collected. */
export interface Segments {
  count: number
  start: number[]
  end: number[]
  tint: number[]
  extra: number[]
}

export const noSegments = (): Segments => ({ count: 0, start: [], end: [], tint: [], extra: [] })

/** times: where the time cut may hide it; 0 is never hidden. */
export function segment(
  into: Segments, a: Vector, b: Vector, color: Color, width: number, alpha = 1, times: [number, number] = [0, 0],
): void {
  into.count++
  into.start.push(...a)
  into.end.push(...b)
  into.tint.push(color[0], color[1], color[2], alpha)
  into.extra.push(width, ...times)
}

export const DISC = 0
export const RING = 1
export const STAR = 2
export const DIAMOND = 3

export interface Signs {
  count: number
  position: number[]
  fill: number[]
  edge: number[]
  sign: number[]
}

export const noSigns = (): Signs => ({ count: 0, position: [], fill: [], edge: [], sign: [] })

export function sign(into: Signs, at: Vector, shape: number, size: number, fill: Color, edge: Color, time = 0, alpha = 1): void {
  into.count++
  into.position.push(...at)
  into.fill.push(fill[0], fill[1], fill[2], alpha)
  into.edge.push(edge[0], edge[1], edge[2], 1)
  into.sign.push(shape, size, time)
}

/** How a set is drawn: before everything else (halo, seen through hills as a ghost) or plainly. */
export interface Manner {
  /** towards the eye, in box units, so that a line on a surface is not cut by it */
  lift?: number
  /** all in this colour, wider by so many pixels */
  halo?: { color: Color; grow: number }
  /** drawn only where something is in front of it */
  hidden?: boolean
  opacity?: number
  order?: number
}

export interface Drawn<T> {
  object: Mesh | Points
  set(data: T): void
  /** before each frame: size of the picture in device pixels, device pixels per pixel, share of time */
  frame(width: number, height: number, ratio: number, cut: number): void
  tone(color: Color): void
  dispose(): void
}

function material(vertex: string, fragment: string, manner: Manner): ShaderMaterial {
  const halo = manner.halo
  return new ShaderMaterial({
    vertexShader: vertex,
    fragmentShader: fragment,
    transparent: true,
    depthWrite: false,
    depthFunc: manner.hidden ? GreaterDepth : LessEqualDepth,
    uniforms: {
      resolution: { value: new Vector2(1, 1) },
      ratio: { value: 1 },
      grow: { value: halo?.grow ?? 0 },
      lift: { value: manner.lift ?? 0 },
      cut: { value: 1 },
      opacity: { value: manner.opacity ?? 1 },
      over: { value: halo ? new Vector4(...halo.color, 1) : new Vector4(0, 0, 0, 0) },
    },
  })
}

function drawn<T>(object: Mesh | Points, shader: ShaderMaterial, manner: Manner, set: (data: T) => void): Drawn<T> {
  object.frustumCulled = false
  object.renderOrder = manner.order ?? 0
  return {
    object,
    set,
    frame(width, height, ratio, cut) {
      shader.uniforms.resolution.value.set(width, height)
      shader.uniforms.ratio.value = ratio
      shader.uniforms.cut.value = cut + 1e-6
    },
    tone: (color) => shader.uniforms.over.value.set(...color, 1),
    dispose() {
      object.geometry.dispose()
      shader.dispose()
    },
  }
}

export function strokes(manner: Manner = {}): Drawn<Segments> {
  const shader = material(STROKE_VERTEX, STROKE_FRAGMENT, manner)
  const mesh = new Mesh(new InstancedBufferGeometry(), shader)
  const corners = new BufferAttribute(new Float32Array([0, -1, 0, 1, -1, 0, 0, 1, 0, 1, 1, 0]), 3)
  const order = new BufferAttribute(new Uint16Array([0, 1, 2, 2, 1, 3]), 1)
  return drawn(mesh, shader, manner, (data: Segments) => {
    mesh.geometry.dispose()
    const geometry = new InstancedBufferGeometry()
    geometry.setAttribute("position", corners)
    geometry.setIndex(order)
    const attribute = (name: string, values: number[], size: number) =>
      geometry.setAttribute(name, new InstancedBufferAttribute(Float32Array.from(values), size))
    attribute("start", data.start, 3)
    attribute("end", data.end, 3)
    attribute("tint", data.tint, 4)
    attribute("extra", data.extra, 3)
    geometry.instanceCount = data.count
    mesh.geometry = geometry
    mesh.visible = data.count > 0
  })
}

export function signs(manner: Manner = {}): Drawn<Signs> {
  const shader = material(SIGN_VERTEX, SIGN_FRAGMENT, manner)
  const points = new Points(new BufferGeometry(), shader)
  return drawn(points, shader, manner, (data: Signs) => {
    points.geometry.dispose()
    const geometry = new BufferGeometry()
    const attribute = (name: string, values: number[], size: number) =>
      geometry.setAttribute(name, new BufferAttribute(Float32Array.from(values), size))
    attribute("position", data.position, 3)
    attribute("fill", data.fill, 4)
    attribute("edge", data.edge, 4)
    attribute("sign", data.sign, 3)
    points.geometry = geometry
    points.visible = data.count > 0
  })
}
