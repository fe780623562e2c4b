/**
 * The state of the page is the part of its address behind "#": what is shown and how. It can be sent to somebody and opened again.
 *
 * Only what differs from the defaults is written, as `key=value` joined by "&"; the ids of the results shown are percent-encoded, with
 * commas between them: `#ids=demo%2Fa,demo%2Fb&scale=log`. What cannot be understood is left out and told of; it never stops the page.
 * Deliberate changes (another result, another scale) become steps that the back button undoes; continuous ones (a camera, a slider)
 * replace the present step once the hand rests.
 */

import type { ColorMapName } from "../colormaps"
import { COLOR_MAPS } from "../colormaps"
import type { Camera, Look } from "../contract"

/** The settings: those of a Look, where the theme and the colour map may be left to the page. */
export type Settings = Omit<Look, "theme" | "map"> & { theme: "auto" | "light" | "dark"; map: "auto" | ColorMapName }

export interface ViewState {
  /** the results shown, one tile each, in their order */
  ids: string[]
  /** what plays in time, in one tile: nothing (""), the results of ids one after another ("chosen"), or the series of this name */
  series: string
  /** which frame of the series, from 0; frames per second; whether it begins again at the end */
  frame: number
  speed: number
  loop: boolean
  /** whether tiles share cameras, axes and scales */
  linked: boolean
  settings: Settings
  /** null: where a view looks from by itself */
  camera: Camera | null
}

/** As many tiles as stand side by side. */
export const MOST_TILES = 6

/** As many results as can be frames of one series that is chosen by hand. */
const MOST_FRAMES = 500

export function defaults(): ViewState {
  return {
    ids: [],
    series: "",
    frame: 0,
    speed: 4,
    loop: true,
    linked: true,
    camera: null,
    settings: {
      height: "",
      color: "",
      scale: "auto",
      clip: null,
      map: "auto",
      theme: "auto",
      contours: true,
      floor: true,
      tracks: "true",
      time: 1,
      sheet: "",
      iso: 0.5,
      cutAxis: "z",
      cut: 0.5,
      mode: "auto",
      quality: "auto",
    },
  }
}

/** How one key of the address is read and written. Reading gives undefined for what makes no sense. */
interface Part {
  read(text: string, into: ViewState): true | undefined
  write(state: ViewState): string
  /** what would have been understood */
  expected?: string
}

type Key<T, V> = { [K in keyof T]: T[K] extends V ? (V extends T[K] ? K : never) : never }[keyof T]

function toNumber(text: string, low: number, high: number): number | undefined {
  const value = text.trim() === "" ? NaN : Number(text)
  return value >= low && value <= high ? value : undefined
}

/** A number without the digits that nobody sees. */
function digits(value: number): string {
  return String(Number(value.toPrecision(6)))
}

function word(key: Key<Settings, string>): Part {
  return {
    read: (text, into) => ((into.settings[key] = text), true),
    write: (state) => encodeURIComponent(state.settings[key]),
  }
}

function choice<K extends keyof Settings>(key: K, choices: readonly Settings[K][]): Part {
  return {
    read: (text, into) => {
      if (!(choices as readonly unknown[]).includes(text)) return undefined
      into.settings[key] = text as Settings[K]
      return true
    },
    write: (state) => String(state.settings[key]),
    expected: `one of ${choices.join(", ")}`,
  }
}

function onOff<T>(of: (state: ViewState) => T, key: Key<T, boolean>): Part {
  return {
    read: (text, into) => {
      if (text !== "on" && text !== "off") return undefined
      of(into)[key] = (text === "on") as T[typeof key]
      return true
    },
    write: (state) => (of(state)[key] ? "on" : "off"),
    expected: "on or off",
  }
}

function amount<T>(of: (state: ViewState) => T, key: Key<T, number>, low: number, high: number, whole = false): Part {
  return {
    read: (text, into) => {
      const value = toNumber(text, low, high)
      if (value === undefined || (whole && !Number.isInteger(value))) return undefined
      of(into)[key] = value as T[typeof key]
      return true
    },
    write: (state) => digits(of(state)[key] as number),
    expected: `a${whole ? " whole" : ""} number from ${low} to ${high}`,
  }
}

const ids: Part = {
  read: (text, into) => {
    const all = text.split(",").filter(Boolean).map(decodeURIComponent)
    into.ids = [...new Set(all)]
    return true
  },
  write: (state) => state.ids.map(encodeURIComponent).join(","),
  expected: "ids with commas between them, each percent-encoded",
}

const clip: Part = {
  read: (text, into) => {
    const value = toNumber(text, -Number.MAX_VALUE, Number.MAX_VALUE)
    if (value === undefined) return undefined
    into.settings.clip = value
    return true
  },
  write: (state) => (state.settings.clip === null ? "" : digits(state.settings.clip)),
  expected: "a number",
}

const camera: Part = {
  read: (text, into) => {
    const parts = text.split(",").map((part) => toNumber(part, -1e4, 1e4))
    if (parts.length !== 6 || parts.some((part) => part === undefined)) return undefined
    const [azimuth, elevation, distance, x, y, z] = parts as number[]
    if (Math.abs(elevation) > 90 || distance <= 0) return undefined
    into.camera = { azimuth, elevation, distance, target: [x, y, z] }
    return true
  },
  write: ({ camera: at }) => {
    if (!at) return ""
    return [at.azimuth, at.elevation, at.distance, ...at.target].map((value) => String(Number(value.toFixed(3)))).join(",")
  },
  expected: "six numbers: azimuth, elevation, distance and three of the target",
}

const whole = (state: ViewState) => state
const settings = (state: ViewState) => state.settings

const PARTS: Record<string, Part> = {
  ids,
  series: { read: (text, into) => ((into.series = text), true), write: (state) => encodeURIComponent(state.series) },
  frame: amount(whole, "frame", 0, 1e6, true),
  speed: amount(whole, "speed", 0.1, 60),
  loop: onOff(whole, "loop"),
  linked: onOff(whole, "linked"),
  height: word("height"),
  color: word("color"),
  scale: choice("scale", ["auto", "linear", "log"]),
  clip,
  map: choice("map", ["auto", ...(Object.keys(COLOR_MAPS) as ColorMapName[])]),
  theme: choice("theme", ["auto", "light", "dark"]),
  contours: onOff(settings, "contours"),
  floor: onOff(settings, "floor"),
  tracks: choice("tracks", ["true", "dropped", "off"]),
  time: amount(settings, "time", 0, 1),
  sheet: word("sheet"),
  iso: amount(settings, "iso", 0, 1),
  cutaxis: choice("cutAxis", ["x", "y", "z"]),
  cut: amount(settings, "cut", 0, 1),
  mode: choice("mode", ["auto", "flat"]),
  quality: choice("quality", ["auto", "low", "high"]),
  camera,
}

/** The part of an address behind "#"; empty where everything is as usual. */
export function toHash(state: ViewState): string {
  const usual = defaults()
  return Object.entries(PARTS)
    .map(([key, part]) => [key, part.write(state), part.write(usual)])
    .filter(([, text, plain]) => text !== plain)
    .map(([key, text]) => `${key}=${text}`)
    .join("&")
}

/** The state that an address describes, and words on what in it could not be understood. */
export function fromHash(hash: string): { state: ViewState; notices: string[] } {
  const state = defaults()
  const notices: string[] = []
  for (const item of hash.replace(/^#/, "").split("&").filter(Boolean)) {
    const at = item.indexOf("=")
    const key = at < 0 ? item : item.slice(0, at)
    const part = Object.hasOwn(PARTS, key) ? PARTS[key] : undefined
    if (!part) notices.push(`“${key}” in the address is not known here and was left out`)
    else if (at < 0 || !understood(key, part, item.slice(at + 1), state)) {
      notices.push(`“${item}” in the address was left out; expected ${part.expected ?? "a name, percent-encoded"}`)
    }
  }
  const most = state.series === "chosen" ? MOST_FRAMES : MOST_TILES
  if (state.ids.length > most) {
    notices.push(`the address names ${state.ids.length} results; the first ${most} are shown`)
    state.ids = state.ids.slice(0, most)
  }
  return { state, notices }
}

function understood(key: string, part: Part, text: string, state: ViewState): boolean {
  try {
    return part.read(key === "ids" ? text : decodeURIComponent(text), state) === true
  } catch {
    return false // broken percent signs
  }
}

/** The state and the address, kept alike; everybody who draws listens here. */
export class Store {
  state: ViewState
  private readonly listeners = new Set<(state: ViewState, before: ViewState) => void>()
  private resting: ReturnType<typeof setTimeout> | undefined

  /** Starts from the address, or from `fallback` where the address says nothing (a page that carries its own view). */
  constructor(
    private readonly onNotices: (notices: string[]) => void,
    fallback = "",
  ) {
    const { state, notices } = fromHash(location.hash.length > 1 ? location.hash : fallback)
    this.state = state
    if (notices.length) onNotices(notices)
    this.write("replace")
    addEventListener("popstate", this.follow)
    addEventListener("hashchange", this.follow)
  }

  listen(listener: (state: ViewState, before: ViewState) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** A deliberate change: a step that the back button undoes. */
  step(change: Partial<ViewState>): void {
    this.rest()
    this.change(change)
    this.write("push")
  }

  /** A continuous change: the present step is rewritten once nothing has changed for a moment. */
  slide(change: Partial<ViewState>): void {
    this.change(change)
    clearTimeout(this.resting)
    this.resting = setTimeout(this.rest, 300)
  }

  set(change: Partial<Settings>): void {
    this.step({ settings: { ...this.state.settings, ...change } })
  }

  slideSettings(change: Partial<Settings>): void {
    this.slide({ settings: { ...this.state.settings, ...change } })
  }

  dispose(): void {
    this.rest()
    removeEventListener("popstate", this.follow)
    removeEventListener("hashchange", this.follow)
    this.listeners.clear()
  }

  private change(change: Partial<ViewState>): void {
    const before = this.state
    this.state = { ...before, ...change }
    for (const listener of this.listeners) listener(this.state, before)
  }

  /** The hand rests: what slid is written. */
  private readonly rest = (): void => {
    if (this.resting === undefined) return
    clearTimeout(this.resting)
    this.resting = undefined
    this.write("replace")
  }

  private write(how: "push" | "replace"): void {
    const hash = toHash(this.state)
    if (hash === location.hash.slice(1)) return
    try {
      const address = hash ? `#${hash}` : `${location.pathname}${location.search}`
      if (how === "push") history.pushState(null, "", address)
      else history.replaceState(null, "", address)
    } catch {
      // a frame without an address of its own (a notebook's): the state lives in the page only
    }
  }

  private readonly follow = (): void => {
    clearTimeout(this.resting)
    this.resting = undefined
    if (location.hash.slice(1) === toHash(this.state)) return
    const { state, notices } = fromHash(location.hash)
    if (notices.length) this.onNotices(notices)
    this.change(state)
  }
}
