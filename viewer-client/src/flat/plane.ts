/**
 * What a flat view draws, read from a document: a plane with its quantities, tracks and markers, and the scales that it is drawn on.
 *
 * A field is a plane already; of a volume it is the layer of points nearest to the cut. Heights give the contour lines, colours the cells;
 * they may be two quantities. Values stay raw here.
 */

import { decoded } from "../arrays"
import { colorOf, EVALUATED, flagScale, heightOf, ownKind, sheetOf, type Source } from "../choice"
import type { Look, Shared } from "../contract"
import { makeScale, place, rangeOf, short, type Scale } from "../scale"
import type { Track as Along } from "../track"
import type { Coordinate, Document, Field, Marker, Quantity, Sheet, Track, Volume } from "../types"

/** One quantity over the plane, `values[i * ny + j]`. */
export interface Layer {
  name: string
  label: string
  kind: "linear" | "log"
  center: number | null
  values: ArrayLike<number>
  error: ArrayLike<number> | null
  flag: boolean
}

export interface PlaneAxis {
  label: string
  values: ArrayLike<number>
  limits: [number, number]
}

export interface Way extends Along {
  layers: Layer[]
}

export interface Plane {
  x: PlaneAxis
  y: PlaneAxis
  /** the sheet */
  name: string
  /** of a volume, where it is cut: the words on that axis, and the value there */
  cut: [string, string] | null
  layers: Layer[]
  height: Layer
  color: Layer
  done: ArrayLike<number>
  predicted: ArrayLike<number> | null
  equal: boolean
  ways: Way[]
  markers: Marker[]
}

/** The plane that a document shows under these settings; null where it has none. */
export function planeOf(document: Document, look: Look): Plane | null {
  if (document.field) return ofField(document.field, look)
  return document.volume ? ofVolume(document.volume, look) : null
}

function ofField(field: Field, look: Look): Plane | null {
  const sheet = sheetOf(field, look)
  if (!sheet) return null
  const layers = sheet.quantities.map((quantity) => layerOf(quantity, decoded(quantity.values), quantity.error && decoded(quantity.error)))
  const predicted = sheet.predicted && decoded(sheet.predicted)
  const chosen = choose(field, sheet, layers, predicted, look)
  if (!chosen) return null
  return {
    x: axisOf(field.x), y: axisOf(field.y), name: sheet.name, cut: null, layers, ...chosen, done: decoded(sheet.done), predicted,
    equal: field.equal, ways: look.tracks === "off" ? [] : field.tracks.map(wayOf), markers: field.markers,
  }
}

/** How far apart the axes of a cut are in `values[i, j, k]`, and which they are. */
const CUTS = { x: ["y", "z", "x"], y: ["x", "z", "y"], z: ["x", "y", "z"] } as const

function ofVolume(volume: Volume, look: Look): Plane | null {
  const sheet = sheetOf(volume, look)
  if (!sheet) return null
  const [across, up, through] = CUTS[look.cutAxis]
  const deep = decoded(volume[through].values)
  const layer = cutAt(deep, look.cut)
  const take = (values: ArrayLike<number>) => cutOf(values, volume, look.cutAxis, layer)
  const layers = sheet.quantities.map((q) => layerOf(q, take(decoded(q.values)), q.error && take(decoded(q.error))))
  const predicted = sheet.predicted && take(decoded(sheet.predicted))
  const chosen = choose(volume, sheet, layers, predicted, look)
  if (!chosen) return null
  const half = deep.length > 1 ? Math.abs(deep[deep.length - 1] - deep[0]) / (deep.length - 1) / 2 : Infinity
  const markers = volume.markers.filter((marker) => Math.abs((marker[through] ?? 0) - deep[layer]) <= half)
    .map((marker) => ({ ...marker, x: marker[across] ?? 0, y: marker[up] ?? 0, z: null }))
  return {
    x: axisOf(volume[across]), y: axisOf(volume[up]), name: sheet.name, layers, ...chosen,
    cut: [volume[through].label, short(deep[layer], 4)], done: take(decoded(sheet.done)), predicted,
    equal: alike(volume[across], volume[up]), ways: [], markers,
  }
}

/** Whether two axes of a volume can have one unit: its directions are of one kind, so only a very long axis has its own. */
function alike(a: Coordinate, b: Coordinate): boolean {
  const [x, y] = [a, b].map((coordinate) => rangeOf(decoded(coordinate.values), "linear")!).map(([low, high]) => high - low)
  return x > 0 && y > 0 && Math.max(x / y, y / x) <= 3
}

/** The layer of points nearest to a share of the range. */
export function cutAt(values: ArrayLike<number>, share: number): number {
  const at = values[0] + Math.min(1, Math.max(0, share)) * (values[values.length - 1] - values[0])
  let best = 0
  for (let k = 1; k < values.length; k++) if (Math.abs(values[k] - at) < Math.abs(values[best] - at)) best = k
  return best
}

function cutOf(values: ArrayLike<number>, volume: Volume, axis: "x" | "y" | "z", layer: number): Float64Array {
  const [nx, ny, nz] = [volume.x, volume.y, volume.z].map((coordinate) => coordinate.values.shape[0])
  const steps = { x: ny * nz, y: nz, z: 1 }
  const counts = { x: nx, y: ny, z: nz }
  const [across, up] = CUTS[axis]
  const out = new Float64Array(counts[across] * counts[up])
  for (let i = 0; i < counts[across]; i++) {
    for (let j = 0; j < counts[up]; j++) out[i * counts[up] + j] = values[i * steps[across] + j * steps[up] + layer * steps[axis]]
  }
  return out
}

function layerOf(quantity: Quantity, values: ArrayLike<number>, error: ArrayLike<number> | null): Layer {
  const { name, label, scale, center, flag } = quantity
  return { name, label, kind: scale, center, values, error, flag }
}

function axisOf(coordinate: Coordinate): PlaneAxis {
  const values = decoded(coordinate.values)
  return { label: coordinate.label, values, limits: [values[0], values[values.length - 1]] }
}

function wayOf(track: Track): Way {
  return {
    name: track.name, x: decoded(track.x), y: decoded(track.y), steps: track.steps && decoded(track.steps),
    off: track.off && decoded(track.off), atLeast: track.at_least,
    layers: track.quantities.map((q) => layerOf(q, decoded(q.values), q.error && decoded(q.error))),
  }
}

/** Height and colour; "evaluated" colours what was evaluated apart from what was predicted. */
function choose(
  source: Source, sheet: Sheet, layers: Layer[], predicted: ArrayLike<number> | null, look: Look,
): { height: Layer; color: Layer } | null {
  const found = heightOf(source, sheet, look)
  if (!found) return null
  const layerNamed = (name: string) => layers.find((layer) => layer.name === name)!
  const height = layerNamed(found.name)
  const tone = colorOf(source, sheet, look)!
  const color = tone === EVALUATED ? evaluatedLayer(predicted!) : layerNamed(tone.name)
  const asked = ownKind(found, look.scale)
  const drawn = { ...height, kind: asked, center: asked === "log" ? null : height.center }
  return { height: drawn, color: color === height ? drawn : color }
}

function evaluatedLayer(predicted: ArrayLike<number>): Layer {
  const values = Float64Array.from(predicted, (one) => (one ? 0 : 1))
  return { name: EVALUATED, label: EVALUATED, kind: "linear", center: null, values, error: null, flag: true }
}

/** The scales of the heights (contour lines) and of the colours; null where nothing has a place on them. */
export interface Scales {
  height: Scale | null
  color: Scale | null
}

export function scalesOf(plane: Plane, look: Look, shared: Shared): Scales {
  const height = scaleOf(plane.height, shared.height, look.clip)
  if (plane.color === plane.height) return { height, color: height }
  return { height, color: scaleOf(plane.color, shared.color, null) }
}

function scaleOf(layer: Layer, shared: [number, number] | null, clip: number | null): Scale | null {
  if (layer.flag) return flagScale(layer.name)
  const fits = shared && (layer.kind === "linear" || shared[0] > 0)
  const range = fits ? shared : rangeOf(layer.values, layer.kind)
  if (!range) return null
  const high = clip !== null && clip > range[0] ? Math.min(range[1], clip) : range[1]
  return makeScale(layer.kind, range[0], high, layer.center)
}

/** Where the values of a layer lie on a scale; NaN everywhere without one. */
export function placesOf(layer: Layer, scale: Scale | null): Float64Array {
  const out = new Float64Array(layer.values.length).fill(NaN)
  if (!scale) return out
  for (let k = 0; k < out.length; k++) {
    const at = place(scale, layer.values[k])
    if (Number.isFinite(at)) out[k] = at
  }
  return out
}
