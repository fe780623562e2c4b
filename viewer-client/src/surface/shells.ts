/**
 * Iso-surfaces in the scene: shells of falling value inside each other, made piece by piece while the page stays alive.
 *
 * What lies between the eye and the cut is faint, so that one looks inside; the rest is opaque.
 */

import {
  BackSide, BufferAttribute, BufferGeometry, DataTexture, DoubleSide, FrontSide, Group, LinearFilter, Mesh, RGBAFormat, ShaderMaterial,
  Vector3, Vector4,
} from "three"
import type { ColorMapName } from "../colormaps"
import { colorTable } from "../scale"
import type { Vector } from "./camera"
import type { Block, Isosurface } from "./isosurface"
import { isosurfaceSteps } from "./isosurface"
import { SHELL_FRAGMENT, SHELL_VERTEX } from "./shaders"
import type { Frame } from "./stage"
import type { Color } from "./strokes"

const AT_ONCE = 24 // milliseconds of work before others have a turn
/** Levels of the shells, as shares of the outer one. */
const NESTED = [1, 0.66, 0.33]

export interface Shells {
  object: Group
  /** what has been made so far */
  made: Isosurface[]
  set(block: Block, iso: number): void
  /** do now what is left to do, for a picture that is saved */
  finish(): void
  paint(map: ColorMapName, ground: Color, unknown: Color): void
  /** normal · p > offset is the side of the cut that is faint if the eye is there */
  cut(normal: Vector, offset: number): void
  frame(frame: Frame): void
  dispose(): void
}

export const levelsOf = (iso: number): number[] => NESTED.map((share) => share * iso).filter((level) => level > 0.004)

/** onChange: there is more to draw. */
export function makeShells(onChange: () => void): Shells {
  const object = new Group()
  const colors = new DataTexture(new Uint8Array(4 * 256), 256, 1, RGBAFormat)
  colors.minFilter = colors.magFilter = LinearFilter
  const uniforms = {
    colors: { value: colors }, light: { value: new Vector3(0, 0, 1) }, cut: { value: new Vector4(0, 0, 0, 0) },
    eyeSide: { value: 1 }, ground: { value: new Vector3() }, unknown: { value: new Vector3() }, depths: { value: new Vector3() },
  }
  const shader = (faint: boolean, side: typeof FrontSide | typeof BackSide | typeof DoubleSide, opacity: number) =>
    new ShaderMaterial({
      vertexShader: SHELL_VERTEX, fragmentShader: SHELL_FRAGMENT, transparent: faint, depthWrite: !faint, side,
      defines: faint ? { FAINT: 1 } : {}, uniforms: { ...uniforms, opacity: { value: opacity } },
    })
  const opaque = shader(false, DoubleSide, 1)
  const faint = [shader(true, BackSide, 0.12), shader(true, FrontSide, 0.22)]
  let geometries: BufferGeometry[] = []
  let timer = 0
  let pending: ((until: number) => void) | null = null
  const clear = () => {
    window.clearTimeout(timer)
    pending = null
  }
  const show = (surfaces: Isosurface[]) => {
    for (const geometry of geometries) geometry.dispose()
    object.clear()
    geometries = surfaces.map(geometryOf)
    geometries.forEach((geometry, k) => {
      object.add(mesh(geometry, opaque, 0))
      // the outer shells come last, so that the inner ones are seen through them
      faint.forEach((material, side) => object.add(mesh(geometry, material, 10 + 2 * (surfaces.length - k) + side)))
    })
    shells.made = surfaces
    onChange()
  }
  const shells: Shells = {
    object,
    made: [],
    set(block, iso) {
      clear()
      const levels = levelsOf(iso)
      const found: Isosurface[] = []
      let steps = levels.length ? isosurfaceSteps(block, levels[0]) : null
      const work = (until: number) => {
        while (steps && performance.now() < until) {
          const step = steps.next()
          if (!step.done) continue
          found.push(step.value)
          steps = found.length < levels.length ? isosurfaceSteps(block, levels[found.length]) : null
        }
        pending = steps ? work : null
        if (steps) timer = window.setTimeout(() => work(performance.now() + AT_ONCE), 0)
        else show(found)
      }
      work(performance.now() + AT_ONCE)
    },
    finish() {
      window.clearTimeout(timer)
      pending?.(Infinity)
    },
    paint(map, ground, unknown) {
      const table = colorTable(map)
      const data = colors.image.data as Uint8Array
      for (let k = 0; k < 256; k++) data.set([table[3 * k], table[3 * k + 1], table[3 * k + 2], 255], 4 * k)
      colors.needsUpdate = true
      uniforms.ground.value.set(...ground)
      uniforms.unknown.value.set(...unknown)
    },
    cut: (normal, offset) => uniforms.cut.value.set(...normal, offset),
    frame(frame) {
      const { cut, light } = uniforms
      const side = frame.eye[0] * cut.value.x + frame.eye[1] * cut.value.y + frame.eye[2] * cut.value.z - cut.value.w
      uniforms.eyeSide.value = side >= 0 ? 1 : -1
      const [right, up] = [new Vector3(...frame.right), new Vector3(...frame.up)]
      light.value.crossVectors(right, up).multiplyScalar(0.75).addScaledVector(right, -0.45).addScaledVector(up, 0.3).normalize()
      const distance = Math.hypot(...frame.eye)
      uniforms.depths.value.set(distance - 0.7, distance + 0.7, 0.4)
    },
    dispose() {
      clear()
      for (const geometry of geometries) geometry.dispose()
      for (const material of [opaque, ...faint]) material.dispose()
      colors.dispose()
    },
  }
  return shells
}

function mesh(geometry: BufferGeometry, material: ShaderMaterial, order: number): Mesh {
  const out = new Mesh(geometry, material)
  out.frustumCulled = false
  out.renderOrder = order
  return out
}

function geometryOf(surface: Isosurface): BufferGeometry {
  const geometry = new BufferGeometry()
  geometry.setAttribute("position", new BufferAttribute(surface.positions, 3))
  geometry.setAttribute("normal", new BufferAttribute(surface.normals, 3))
  geometry.setAttribute("tone", new BufferAttribute(surface.tones, 1))
  geometry.setIndex(new BufferAttribute(surface.indices, 1))
  return geometry
}
