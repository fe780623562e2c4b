/** The drawn surface, its flat twin on the floor, and the hatching of holes: three.js objects that are kept and updated in place. */

import {
  BufferAttribute, BufferGeometry, DataTexture, DoubleSide, LinearFilter, Mesh, RGBAFormat, RGFormat, ShaderMaterial, Vector2, Vector3,
  Vector4,
} from "three"
import { flagPlaces } from "../choice"
import type { ColorMapName } from "../colormaps"
import type { Scale } from "../scale"
import { colorAt, colorTable, levels, makeScale, place } from "../scale"
import { attributes, code, known } from "./attributes"
import type { Box } from "./box"
import { BEYOND, toX, toY } from "./box"
import { facets, partsFor } from "./mesh"
import type { Paint, Values } from "./reading"
import { HATCH_FRAGMENT, PLAIN_VERTEX, SURFACE_FRAGMENT, SURFACE_VERTEX } from "./shaders"
import type { Color } from "./strokes"
import type { Theme } from "./theme"

export const LEVELS = 11

/** What is drawn: everything that the shader knows of a lattice. */
export interface Painted {
  x: ArrayLike<number>
  y: ArrayLike<number>
  state: Uint8Array
  values: Values
  colors: Values
  /** of the heights and the levels */
  scale: Scale
  paint: Paint
  /** its scale is that of the axis, which may reach farther */
  box: Box
}

/** Cells that are not drawn, as i · (ny − 1) + j. */
export interface Left {
  bad: number[]
  missing: number[]
}

const DECIMATE = 150 // rows above which a moving picture in low quality has every second one only
const LINE_WIDTH = 1.15
const LINE_INK = 0.62

type Uniforms = Record<"heightScale" | "colorScale", { value: Vector2 }> & Record<"rise" | "lines", { value: Vector4 }>
  & Record<"flagOff" | "flagOn" | "unknown" | "light", { value: Vector3 }>
  & { levelEnds: { value: Vector2 }; flags: { value: number }; colors: { value: DataTexture }; cells: { value: DataTexture } }

/** One lattice on the graphics processor, shared by the surface and the floor. */
export class Lattice {
  geometry = new BufferGeometry()
  /** the same vertices with every second row and column; null for coarse lattices */
  coarse: BufferGeometry | null = null
  left: Left = { bad: [], missing: [] }
  readonly uniforms: Uniforms = {
    colors: { value: new DataTexture(new Uint8Array(4 * 256), 256, 1, RGBAFormat) },
    cells: { value: new DataTexture(new Uint8Array(2), 1, 1, RGFormat) },
    heightScale: { value: new Vector2(0, 1) }, colorScale: { value: new Vector2(0, 1) },
    rise: { value: new Vector4() }, lines: { value: new Vector4() }, levelEnds: { value: new Vector2(0, 1) },
    flags: { value: 0 }, flagOff: { value: new Vector3() }, flagOn: { value: new Vector3() }, unknown: { value: new Vector3() },
    light: { value: new Vector3(0, 0, 1) },
  }
  private map = ""
  private grid: [number, number] = [0, 0]

  constructor() {
    const { colors } = this.uniforms
    colors.value.minFilter = colors.value.magFilter = LinearFilter
  }

  set(p: Painted, map: ColorMapName, theme: Theme, contours: boolean): void {
    const [nx, ny] = [p.x.length, p.y.length]
    const parts = partsFor(nx, ny)
    if (nx !== this.grid[0] || ny !== this.grid[1]) this.resize(nx, ny, parts)
    const height = code(p.values, p.scale.kind, p.box.scale)
    const tones = p.paint.scale ?? makeScale("linear", 0, 1)
    const color = code(p.colors, tones.kind, tones)
    const shown = known(p.colors, p.paint)
    const points = {
      x: Float32Array.from(p.x, (value) => toX(p.box, value)), y: Float32Array.from(p.y, (value) => toY(p.box, value)),
      state: p.state, heights: height.numbers, colors: color.numbers, known: shown,
    }
    this.upload(attributes(points, parts))
    this.index(p, parts)
    const u = this.uniforms
    u.heightScale.value.set(height.offset, height.factor)
    u.colorScale.value.set(color.offset, color.factor)
    u.rise.value.set(p.box.base, p.box.rise, -BEYOND, place(p.box.scale, p.scale.high) + 1e-5)
    u.flags.value = p.paint.scale ? 0 : 1
    if (!p.paint.scale) this.flag(p, shown)
    this.repaint(p, map, theme, contours)
  }

  /** Other colours for the same values. */
  repaint(p: Painted, map: ColorMapName, theme: Theme, contours: boolean): void {
    this.paint(map, p.paint, theme)
    this.lines(p, contours)
  }

  dispose(): void {
    this.geometry.dispose()
    this.coarse?.dispose()
    this.uniforms.colors.value.dispose()
    this.uniforms.cells.value.dispose()
  }

  private resize(nx: number, ny: number, parts: number): void {
    this.geometry.dispose()
    this.coarse?.dispose()
    this.geometry = new BufferGeometry()
    const n = ((nx - 1) * parts + 1) * ((ny - 1) * parts + 1)
    for (const [name, size] of [["at", 4], ["data", 4], ["slope", 2]] as const) {
      this.geometry.setAttribute(name, new BufferAttribute(new Float32Array(size * n), size))
    }
    this.coarse = parts === 1 && Math.max(nx, ny) > DECIMATE ? new BufferGeometry() : null
    for (const name of ["at", "data", "slope"]) this.coarse?.setAttribute(name, this.geometry.getAttribute(name))
    this.grid = [nx, ny]
  }

  private upload(of: Record<"at" | "data" | "slope", Float32Array>): void {
    for (const name of ["at", "data", "slope"] as const) {
      const attribute = this.geometry.getAttribute(name) as BufferAttribute
      attribute.array.set(of[name])
      attribute.needsUpdate = true
    }
  }

  private index(p: Painted, parts: number): void {
    const [nx, ny] = this.grid
    const { indices, ...left } = facets(p.state, p.values, nx, ny, parts)
    setIndex(this.geometry, indices)
    if (this.coarse) setIndex(this.coarse, facets(p.state, p.values, nx, ny, 1, 2).indices)
    this.left = left
  }

  /** The value of the nearest point decides on the colour of a flag. */
  private flag(p: Painted, shown: Float32Array): void {
    const [nx, ny] = this.grid
    this.uniforms.cells.value.dispose()
    const data = new Uint8Array(2 * nx * ny)
    for (let k = 0; k < nx * ny; k++) data.set([p.colors[k] > 0.5 ? 255 : 0, shown[k] ? 255 : 0], 2 * k)
    const texture = new DataTexture(data, ny, nx, RGFormat)
    texture.unpackAlignment = 1
    texture.needsUpdate = true
    this.uniforms.cells.value = texture
  }

  private paint(map: ColorMapName, paint: Paint, theme: Theme): void {
    const { colors, flagOff, flagOn, unknown } = this.uniforms
    if (map !== this.map) {
      const table = colorTable(map)
      const data = colors.value.image.data as Uint8Array
      for (let k = 0; k < 256; k++) data.set([table[3 * k], table[3 * k + 1], table[3 * k + 2], 255], 4 * k)
      colors.value.needsUpdate = true
      this.map = map
    }
    const [off, on] = flagPlaces(paint.name)
    const share = (at: number) => colorAt(map, at)!.map((byte) => byte / 255) as [number, number, number]
    flagOff.value.set(...share(off))
    flagOn.value.set(...share(on))
    unknown.value.set(...theme.unknown)
  }

  /** From places on the axis to multiples of a level: levels lie at whole numbers. */
  private lines(p: Painted, contours: boolean): void {
    const at = levels(p.scale, LEVELS).map((level) => place(p.box.scale, level))
    const [first, last] = [at[0] ?? 0, at[at.length - 1] ?? 1]
    const step = at.length > 1 ? (last - first) / (at.length - 1) : 1
    this.uniforms.lines.value.set(1 / step, -first / step, LINE_WIDTH, contours && at.length ? LINE_INK : 0)
    this.uniforms.levelEnds.value.set(first - 0.5 * step, last + 0.5 * step)
  }
}

/** A new index in place where it fits, so that updates do not leave buffers behind. */
function setIndex(geometry: BufferGeometry, indices: Uint32Array): void {
  const index = geometry.getIndex()
  if (index && index.array.length >= indices.length) {
    ;(index.array as Uint32Array).set(indices)
    index.needsUpdate = true
  } else {
    const grown = new Uint32Array(indices.buffer.byteLength / 4)
    grown.set(indices)
    geometry.setIndex(new BufferAttribute(grown, 1))
  }
  geometry.setDrawRange(0, indices.length)
}

/** A mesh over a lattice: standing up, flat, or the flat lid over what is clipped. */
export function sheetMesh(lattice: Lattice, form: "standing" | "flat" | "lid"): { mesh: Mesh; shader: ShaderMaterial } {
  const shader = new ShaderMaterial({
    vertexShader: SURFACE_VERTEX, fragmentShader: SURFACE_FRAGMENT, side: DoubleSide,
    defines: form === "standing" ? {} : form === "flat" ? { FLAT: 1 } : { FLAT: 1, LID: 1 },
    uniforms: lattice.uniforms,
  })
  const mesh = new Mesh(lattice.geometry, shader)
  mesh.frustumCulled = false
  return { mesh, shader }
}

export interface Hatching {
  mesh: Mesh
  set(cells: number[], p: Painted, color: Color, crossed: boolean): void
  frame(ratio: number): void
  dispose(): void
}

/** Hatching of cells, on the plane z = 0. */
export function makeHatching(): Hatching {
  const shader = new ShaderMaterial({
    vertexShader: PLAIN_VERTEX, fragmentShader: HATCH_FRAGMENT, side: DoubleSide, transparent: true, depthWrite: false,
    uniforms: { color: { value: new Vector4() }, ratio: { value: 1 }, crossed: { value: 0 } },
  })
  const mesh = new Mesh(new BufferGeometry(), shader)
  mesh.frustumCulled = false
  mesh.renderOrder = -9
  return {
    mesh,
    set(cells, p, color, crossed) {
      const columns = p.y.length - 1
      const corners = new Float32Array(18 * cells.length)
      cells.forEach((cell, n) => {
        const [i, j] = [Math.floor(cell / columns), cell % columns]
        const [x0, x1] = [toX(p.box, p.x[i]), toX(p.box, p.x[i + 1])]
        const [y0, y1] = [toY(p.box, p.y[j]), toY(p.box, p.y[j + 1])]
        corners.set([x0, y0, 0, x1, y0, 0, x1, y1, 0, x0, y0, 0, x1, y1, 0, x0, y1, 0], 18 * n)
      })
      mesh.geometry.dispose()
      mesh.geometry = new BufferGeometry()
      mesh.geometry.setAttribute("position", new BufferAttribute(corners, 3))
      mesh.visible = cells.length > 0
      shader.uniforms.color.value.set(...color, 0.75)
      shader.uniforms.crossed.value = crossed ? 1 : 0
    },
    frame: (ratio) => (shader.uniforms.ratio.value = ratio),
    dispose() {
      mesh.geometry.dispose()
      shader.dispose()
    },
  }
}
