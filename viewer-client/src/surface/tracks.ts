/**
 * Training runs and paths over the surface, and places with names.
 *
 * A track lies at its own values or is dropped onto the surface; what is behind a hill is seen faintly. Its points are fuller the farther
 * they are off the plane, as on paper, and its line is thinner there. A ring is the start, a star the end. Everything carries its time, so
 * that the time cut is a number in the shader.
 */

import { Group } from "three"
import type { Look } from "../contract"
import type { Marker } from "../types"
import type { Vector } from "./camera"
import { toX, toY, toZ } from "./box"
import type { Plane } from "./field"
import { heightAt } from "./march"
import type { Course } from "./reading"
import type { Frame } from "./stage"
import type { Color, Drawn, Segments, Signs } from "./strokes"
import { DIAMOND, DISC, RING, STAR, noSegments, noSigns, segment, sign, signs, strokes } from "./strokes"
import type { Theme } from "./theme"
import { mixed, starColor, trackColor } from "./theme"

const WHITE: Color = [1, 1, 1]
const LIFT = 0.014
const CHORDS = 12 // parts of a step that follow the surface, at most
const MOST_POINTS = 36
const MOST_STEMS = 26

/** A point of a track or a marker, for the pointer. */
export interface Spot {
  at: Vector
  time: number
  course: Course | null
  k: number
  marker: Marker | null
}

export interface Overlay {
  object: Group
  spots: Spot[]
  set(plane: Plane, look: Look, theme: Theme): void
  time(share: number): void
  frame(frame: Frame): void
  dispose(): void
}

/** The share of the time (0…1) at which every point of a track is reached. */
export function times(course: Course): Float64Array {
  const n = course.x.length
  const at = (k: number) => (course.steps ? course.steps[k] : k)
  const whole = n > 1 ? at(n - 1) - at(0) : 0
  return Float64Array.from({ length: n }, (_, k) => (whole > 0 ? (at(k) - at(0)) / whole : 0))
}

/** The height of a track's points in the box: their own values, or the surface's; on the floor where there is no surface. */
export function heightsAlong(course: Course, plane: Plane, dropped: boolean): Float64Array {
  return Float64Array.from({ length: course.x.length }, (_, k) => {
    if (!dropped && course.own) return toZ(plane.box, course.own[k])
    return over(plane, course.x[k], course.y[k])
  })
}

function over(plane: Plane, x: number, y: number): number {
  const z = heightAt(plane.heights(), toX(plane.box, x), toY(plane.box, y))
  return Number.isNaN(z) ? plane.box.floor : z
}

function offPlane(course: Course, k: number): number {
  if (!course.off) return 0
  return Number.isFinite(course.off[k]) ? Math.min(1, Math.max(0, course.off[k])) : 1
}

/** Where a track is at a share of the time, between its points; null before its start, at its end and in gaps. */
export function headAt(trail: readonly Spot[], share: number): Vector | null {
  const next = trail.findIndex((spot) => spot.time > share)
  if (next < 1) return null
  const [a, b] = [trail[next - 1], trail[next]]
  if (b.k !== a.k + 1) return null
  const s = (share - a.time) / (b.time - a.time)
  return a.at.map((value, k) => value + s * (b.at[k] - value)) as Vector
}

interface Parts {
  lines: Segments
  thin: Segments
  points: Signs
  spots: Spot[]
}

function drawCourse(course: Course, plane: Plane, look: Look, theme: Theme, color: Color, into: Parts): void {
  const n = course.x.length
  const dropped = look.tracks === "dropped" || !course.own
  const z = heightsAlong(course, plane, look.tracks === "dropped")
  const time = times(course)
  const at = (k: number): Vector => [toX(plane.box, course.x[k]), toY(plane.box, course.y[k]), z[k]]
  const everyPoint = Math.ceil(n / MOST_POINTS)
  const everyStem = Math.ceil(n / MOST_STEMS)
  for (let k = 0; k < n; k++) {
    const here = at(k)
    if (here.some(Number.isNaN)) continue
    into.spots.push({ at: here, time: time[k], course, k, marker: null })
    const off = offPlane(course, k)
    const last = k === n - 1
    if (k === 0) sign(into.points, here, RING, 13, WHITE, color, 0)
    else if (last) sign(into.points, here, STAR, 19, color, WHITE, 1)
    else if (k % everyPoint === 0) sign(into.points, here, DISC, n > 40 ? 6 : 7.5, mixed(WHITE, color, off), color, time[k])
    if (!dropped && k % everyStem === 0) {
      const ground = over(plane, course.x[k], course.y[k])
      if (Math.abs(ground - here[2]) > 0.012) segment(into.thin, here, [here[0], here[1], ground], color, 1, 0.55, [time[k], time[k]])
    }
    if (last || at(k + 1).some(Number.isNaN)) continue
    const width = 3.4 - 1.9 * Math.max(off, offPlane(course, k + 1))
    const next = at(k + 1)
    const chords = dropped ? Math.min(CHORDS, Math.ceil(Math.hypot(next[0] - here[0], next[1] - here[1]) / 0.012)) : 1
    let from = here
    for (let c = 1; c <= chords; c++) {
      const s = c / chords
      const [x, y] = [course.x[k] + s * (course.x[k + 1] - course.x[k]), course.y[k] + s * (course.y[k + 1] - course.y[k])]
      const to: Vector = [toX(plane.box, x), toY(plane.box, y), dropped && s < 1 ? over(plane, x, y) : here[2] + s * (next[2] - here[2])]
      const span: [number, number] = [time[k] + ((c - 1) / chords) * (time[k + 1] - time[k]), time[k] + s * (time[k + 1] - time[k])]
      segment(into.lines, from, to, color, width, 1, span)
      if (look.floor) {
        const floor = plane.box.floor + 0.002
        segment(into.thin, [from[0], from[1], floor], [to[0], to[1], floor], theme.inkRgb, 1.6, 0.75, span)
      }
      from = to
    }
  }
}

/** The value of the drawn quantity at a marker: of the first sheet under its name, of others under "SHEET: NAME". */
export function markerValue(marker: Marker, plane: Plane): number | null {
  const first = plane.sheet === plane.field.sheets[0]
  const names = [`${plane.sheet.name}: ${plane.height.name}`, ...(first ? [plane.height.name] : [])]
  return marker.values.find((item) => names.includes(item.name))?.value ?? null
}

function drawMarker(marker: Marker, plane: Plane, look: Look, theme: Theme, into: Parts): void {
  const [x, y] = [toX(plane.box, marker.x), toY(plane.box, marker.y)]
  const inside = Math.abs(x) <= plane.box.width / 2 + 1e-6 && Math.abs(y) <= plane.box.depth / 2 + 1e-6
  if (!Number.isFinite(marker.x) || !Number.isFinite(marker.y) || !inside) return // what is not finite travels as null
  const value = markerValue(marker, plane)
  const own = value === null || look.tracks === "dropped" ? NaN : toZ(plane.box, value)
  const here: Vector = [x, y, Number.isNaN(own) ? over(plane, marker.x, marker.y) : own]
  const star = starColor(theme.name)
  if (marker.role === "trained") sign(into.points, here, STAR, 23, star, WHITE)
  else if (marker.role === "end") sign(into.points, here, DIAMOND, 14, theme.inkRgb, theme.groundRgb)
  else if (marker.role === "start") sign(into.points, here, RING, 12, WHITE, [0.07, 0.07, 0.07])
  else sign(into.points, here, DISC, 11, WHITE, [0.07, 0.07, 0.07])
  if (look.floor && here[2] > plane.box.floor + 0.01) segment(into.thin, here, [x, y, plane.box.floor], theme.inkRgb, 1, 0.4)
  into.spots.push({ at: here, time: 0, course: null, k: 0, marker })
}

export function makeOverlay(): Overlay {
  const object = new Group()
  const lines = [
    strokes({ lift: LIFT, hidden: true, opacity: 0.28, order: 1 }),
    strokes({ lift: LIFT, halo: { color: WHITE, grow: 2.4 }, opacity: 0.9, order: 2 }),
    strokes({ lift: LIFT + 0.002, order: 3 }),
  ]
  const thin = strokes({ lift: 0.004, order: 1 })
  const points = [signs({ lift: 0.03, hidden: true, opacity: 0.62, order: 1 }), signs({ lift: 0.03, order: 4 })]
  const heads = signs({ lift: 0.03, order: 5 })
  const all = [...lines, thin, ...points, heads] as Drawn<never>[]
  object.add(...all.map((drawn) => drawn.object))
  let cut = 1
  let trails: { spots: Spot[]; color: Color }[] = []
  const showHeads = () => {
    const out = noSigns()
    for (const { spots, color } of trails) {
      const at = headAt(spots, cut)
      if (at) sign(out, at, DISC, 13, color, WHITE)
    }
    heads.set(out)
  }
  const overlay: Overlay = {
    object,
    spots: [],
    set(plane, look, theme) {
      const parts: Parts = { lines: noSegments(), thin: noSegments(), points: noSigns(), spots: [] }
      plane.courses.forEach((course, k) => drawCourse(course, plane, look, theme, trackColor(theme.name, k), parts))
      for (const marker of plane.field.markers) drawMarker(marker, plane, look, theme, parts)
      for (const line of lines) line.set(parts.lines)
      thin.set(parts.thin)
      for (const set of points) set.set(parts.points)
      overlay.spots = parts.spots
      const along = (course: Course) => parts.spots.filter((spot) => spot.course === course)
      trails = plane.courses.map((course, k) => ({ spots: along(course), color: trackColor(theme.name, k) }))
      showHeads()
    },
    time(share) {
      if (share === cut) return
      cut = share
      showHeads()
    },
    frame(frame) {
      for (const drawn of all) drawn.frame(frame.width * frame.ratio, frame.height * frame.ratio, frame.ratio, cut)
    },
    dispose() {
      for (const drawn of all) drawn.dispose()
    },
  }
  return overlay
}
