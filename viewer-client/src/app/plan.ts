/**
 * How each of several results is drawn when they stand side by side, or follow each other in time: what the settings leave open is
 * chosen here, once for all of them. Results that show the same quantity share its scale, its range and one colour bar; those with the
 * same axes share their ranges. Ranges are of raw values; what has no place on a scale does not count.
 */

import { decoded } from "../arrays"
import * as choice from "../choice"
import { EVALUATED, flagPlaces } from "../choice"
import type { ColorMapName } from "../colormaps"
import type { Look, Shared } from "../contract"
import type { Scale } from "../scale"
import { makeScale, rangeOf } from "../scale"
import type { Coordinate, Document, Quantity, Sheet } from "../types"
import type { Settings } from "./state"

/** What a colour bar shows. Bars with the same key are one. */
export interface Bar {
  key: string
  label: string
  /** null: two colours, for what is and what is not */
  scale: Scale | null
  /** the words of the two colours and their places on the map */
  pair: [string, number][] | null
  map: ColorMapName
  clipped: boolean
}

export interface Plan {
  look: Look
  shared: Shared
  bar: Bar | null
}

type Range = [number, number]
type Kind = "linear" | "log"

/** The sheet of this name, else the first; null for a document that is a chart. */
export function sheetOf(document: Document, name: string): Sheet | null {
  const source = document.field ?? document.volume
  return (source && choice.sheetOf(source, { sheet: name })) ?? null
}

/** The quantity that is the height. */
export function heightOf(document: Document, settings: Settings): Quantity | null {
  const sheet = sheetOf(document, settings.sheet)
  return (sheet && choice.heightOf((document.field ?? document.volume)!, sheet, settings)) ?? null
}

/** The quantity that colours; "evaluated" where the document knows what was predicted. */
export function colorOf(document: Document, settings: Settings): Quantity | typeof EVALUATED | null {
  const sheet = sheetOf(document, settings.sheet)
  return (sheet && choice.colorOf((document.field ?? document.volume)!, sheet, settings)) ?? null
}

/** Which scale a setting means for quantities that are drawn together: log if all of them can be and "auto" says so. */
export function scaleKind(setting: Settings["scale"], quantities: readonly Quantity[]): Kind {
  const possible = quantities.some((quantity) => rangeIn(quantity, "log") !== null)
  if (setting === "linear" || !possible) return "linear"
  return setting === "log" || quantities.every((quantity) => quantity.scale === "log") ? "log" : "linear"
}

const ranges = new WeakMap<Quantity, Partial<Record<Kind, Range | null>>>()

/** Lowest and highest of what can be drawn on a scale; looked at once. */
export function rangeIn(quantity: Quantity, kind: Kind): Range | null {
  if (quantity.scale === kind && quantity.low !== null && quantity.high !== null) return [quantity.low, quantity.high]
  let of = ranges.get(quantity)
  if (!of) ranges.set(quantity, (of = {}))
  return (of[kind] ??= rangeOf(decoded(quantity.values), kind))
}

/** The range over all of them. */
export function union(all: readonly (Range | null)[]): Range | null {
  const some = all.filter((range): range is Range => range !== null)
  return some.length ? [Math.min(...some.map(([low]) => low)), Math.max(...some.map(([, high]) => high))] : null
}

function extent(coordinate: Coordinate): Range | null {
  return rangeOf(decoded(coordinate.values), "linear")
}

const same = (quantity: Quantity) => `${quantity.name}\n${quantity.label}`

/** What is the same for every document that has the same key, found once per key. */
function grouped<T, R>(items: readonly T[], key: (item: T) => string | null, make: (members: T[]) => R): (R | null)[] {
  const members = new Map<string, T[]>()
  for (const item of items) {
    const at = key(item)
    if (at !== null) members.set(at, [...(members.get(at) ?? []), item])
  }
  const made = new Map([...members].map(([at, of]) => [at, make(of)]))
  return items.map((item) => made.get(key(item) ?? "") ?? null)
}

/** How it is drawn on this page: what does not come from the settings. */
export interface Surroundings {
  theme: "light" | "dark"
  /** the renderer is software */
  slow: boolean
  /** whether results share scales and axes */
  linked: boolean
}

/** A plan for each document. */
export function plan(documents: readonly Document[], settings: Settings, around: Surroundings): Plan[] {
  const own = (item: Document, key: string) => (around.linked ? key : `${documents.indexOf(item)}\n${key}`)
  const heights = grouped(
    documents,
    (item) => (heightOf(item, settings) ? own(item, same(heightOf(item, settings)!)) : null),
    (members) => heightScale(members, settings),
  )
  const kinds = new Map(documents.map((item, k) => [item, heights[k]?.kind ?? "linear"] as const))
  const colorKey = (item: Document): string | null => {
    const of = colorOf(item, settings)
    return of === null ? null : own(item, of === EVALUATED ? "\nevaluated" : `${same(of)}\n${kinds.get(item)}`)
  }
  const bars = grouped(documents, colorKey, (members) => colorBar(members, settings, kinds.get(members[0])!, colorKey(members[0])!))
  const axes = grouped(
    documents,
    (item) => (item.field ? own(item, `${item.field.x.label}\n${item.field.y.label}`) : null),
    (members) => (members.length < 2 ? null : sharedAxes(members)),
  )
  return documents.map((_, k) => {
    const bar = bars[k]
    return {
      look: {
        ...settings,
        theme: around.theme,
        scale: heights[k]?.kind ?? "linear",
        map: bar?.map ?? "viridis",
        quality: settings.quality === "auto" && around.slow ? "low" : settings.quality,
      },
      shared: {
        height: heights[k]?.range ?? null,
        color: bar?.scale ? [bar.scale.low, bar.scale.high] : null,
        x: axes[k]?.x ?? null,
        y: axes[k]?.y ?? null,
      },
      bar,
    }
  })
}

function clipped(range: Range | null, clip: number | null): Range | null {
  return range && clip !== null && clip > range[0] ? [range[0], Math.min(range[1], clip)] : range
}

function heightScale(members: readonly Document[], settings: Settings): { kind: Kind; range: Range | null } {
  const quantities = members.map((item) => heightOf(item, settings)!)
  const kind = scaleKind(settings.scale, quantities)
  return { kind, range: clipped(union(quantities.map((quantity) => rangeIn(quantity, kind))), settings.clip) }
}

/** The colours of documents that show one quantity: those of the height follow its scale and clip, others have a scale of their own. */
function colorBar(members: readonly Document[], settings: Settings, heightKind: Kind, key: string): Bar | null {
  const map = settings.map === "auto" ? "viridis" : settings.map
  const colors = members.map((item) => colorOf(item, settings))
  const quantities = colors.filter((of): of is Quantity => of !== null && of !== EVALUATED)
  if (!quantities.length || quantities[0].flag) {
    const label = quantities[0]?.label ?? "evaluated or predicted"
    const [off, on] = flagPlaces(quantities[0]?.name ?? EVALUATED)
    const words = quantities.length ? [label, `not ${label}`] : ["evaluated", "predicted"]
    const pair: Bar["pair"] = [
      [words[0], on],
      [words[1], off],
    ]
    return { key, label, scale: null, pair, map, clipped: false }
  }
  const isHeight = quantities[0].name === heightOf(members[0], settings)?.name
  const kind = isHeight ? heightKind : scaleKind("auto", quantities)
  const all = union(quantities.map((quantity) => rangeIn(quantity, kind)))
  const range = isHeight ? clipped(all, settings.clip) : all
  if (!range) return null
  const center = kind === "linear" ? quantities[0].center : null
  return {
    key,
    label: quantities[0].label,
    scale: makeScale(kind, range[0], range[1], center),
    pair: null,
    map: settings.map === "auto" && center !== null ? "RdBu_r" : map,
    clipped: range[1] !== all![1],
  }
}

/** Axes of which one would be a speck on the other are left alone. */
const SPECK = 0.4

function sharedAxes(members: readonly Document[]): { x: Range | null; y: Range | null } | null {
  const shared = (["x", "y"] as const).map((axis) => {
    const all = members.map((item) => extent(item.field![axis]))
    const whole = union(all)
    return whole && all.every((one) => one !== null && one[1] - one[0] >= SPECK * (whole[1] - whole[0])) ? whole : null
  })
  return shared.includes(null) ? null : { x: shared[0], y: shared[1] }
}
