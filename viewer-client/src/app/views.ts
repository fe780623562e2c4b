/** Which view draws a document: the surface or the volume where there is WebGL, their flat twin elsewhere, a chart for the rest. */

import type { MakeView, View } from "../contract"
import type { Document } from "../types"
import { makeChart } from "../chart"
import { makeFlat } from "../flat"
import { makeSurface, makeVolume, webgl } from "../surface"

export { webgl }

export type ViewKind = "surface" | "volume" | "flat" | "chart"

export const MAKERS: Record<ViewKind, MakeView> = { surface: makeSurface, volume: makeVolume, flat: makeFlat, chart: makeChart }

/** Null for a document with nothing to draw. `flat`: asked for, or because 3-D failed here. */
export function kindOf(document: Document, flat: boolean): ViewKind | null {
  if (document.field) return flat || webgl() === "none" ? "flat" : "surface"
  if (document.volume) return flat || webgl() === "none" ? "flat" : "volume"
  return document.figure ? "chart" : null
}

/** Cameras are linked between views of solid things only. */
export function hasCamera(view: View | null): view is View & Required<Pick<View, "setCamera" | "getCamera">> {
  return Boolean(view?.setCamera && view.getCamera)
}
