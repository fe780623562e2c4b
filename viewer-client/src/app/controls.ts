/** The settings panel. Only what matters for what is shown is shown. */

import { decoded } from "../arrays"
import { COLOR_MAPS } from "../colormaps"
import type { Camera } from "../contract"
import { colorAt, makeScale, place, short, valueAt } from "../scale"
import { offWords, stepAt, upTo } from "../track"
import type { Document } from "../types"
import { css } from "./colorbar"
import { h, iconButton } from "./dom"
import type { Option } from "./fields"
import { amount, list, segments, slider, toggle } from "./fields"
import type { Plan } from "./plan"
import { heightOf, rangeIn, sheetOf, union } from "./plan"
import type { Settings, Store, ViewState } from "./state"

/** What the panel needs to know of what is shown. */
export interface Scene {
  state: ViewState
  documents: readonly Document[]
  plans: readonly Plan[]
  /** a view with a camera is there */
  solid: boolean
  /** there is no WebGL */
  flatOnly: boolean
  tiles: number
}

export interface ControlsHost {
  onCamera(camera: Partial<Camera> | null): void
  onClose(): void
}

/** The standard views. */
export const VIEWS: readonly { name: string; camera: Partial<Camera> | null }[] = [
  { name: "Reset", camera: null },
  { name: "Top", camera: { azimuth: -90, elevation: 90 } },
  { name: "Front", camera: { azimuth: -90, elevation: 8 } },
  { name: "Isometric", camera: { azimuth: -45, elevation: 35.264 } },
]

const MAP_WORDS: Record<string, string> = { auto: "Automatic", RdBu_r: "RdBu (diverging)" }

type Part = { element: HTMLElement; sync(scene: Scene): boolean }

export class Controls {
  readonly element: HTMLElement
  private readonly parts: { section: HTMLElement; parts: Part[] }[]

  constructor(
    private readonly store: Store,
    private readonly host: ControlsHost,
  ) {
    const section = (title: string, ...parts: Part[]) => {
      const element = h(
        "section",
        { class: "settings-section", "aria-label": title },
        h("h3", { text: title }),
        ...parts.map((part) => part.element),
      )
      return { section: element, parts }
    }
    this.parts = [
      section("Height", this.sheet(), this.height(), this.scale(), this.clipSlider(), this.clipNumber()),
      section("Colour", this.color(), this.map()),
      section("Volume", this.iso(), this.cutAxis(), this.cut()),
      section(
        "Overlays",
        this.switch("contours", "Contour lines"),
        this.switch("floor", "Contour map on the floor", true),
        this.tracks(),
        this.time(),
      ),
      section("Camera", this.cameras()),
      section("Page", this.linked(), this.mode(), this.quality(), this.theme()),
    ]
    const close = iconButton("close", "Close the settings", () => host.onClose())
    this.element = h(
      "aside",
      { class: "panel settings", "aria-label": "Settings" },
      h("div", { class: "panel-head" }, h("h2", { text: "Settings" }), close),
      h("div", { class: "settings-list" }, ...this.parts.map(({ section: element }) => element)),
    )
  }

  sync(scene: Scene): void {
    for (const { section, parts } of this.parts) {
      const shown = parts.map((part) => {
        const show = part.sync(scene)
        part.element.hidden = !show
        return show
      })
      section.hidden = !shown.includes(true)
    }
  }

  private set(change: Partial<Settings>): void {
    this.store.set(change)
  }

  private sheet(): Part {
    const control = list("Sheet", (sheet) => this.set({ sheet }))
    return {
      element: control.element,
      sync: ({ documents, state }) => {
        const names = sheets(documents)
        control.offer(names.map((name) => ({ value: name, text: name || "all together" })))
        control.set(names.includes(state.settings.sheet) ? state.settings.sheet : (names[0] ?? ""))
        return names.length > 1
      },
    }
  }

  private height(): Part {
    const control = list("Quantity", (height) => this.set({ height }))
    return {
      element: control.element,
      sync: ({ documents, state }) => {
        const options = quantities(documents, state.settings)
        const usual = documents.map((item) => heightOf(item, { ...state.settings, height: "" })).find(Boolean)
        control.offer(options)
        const chosen = options.some(({ value }) => value === state.settings.height) ? state.settings.height : (usual?.name ?? "")
        control.set(chosen)
        return options.length > 1
      },
    }
  }

  private color(): Part {
    const control = list("Colour by", (color) => this.set({ color }))
    return {
      element: control.element,
      sync: ({ documents, state }) => {
        const options = quantities(documents, state.settings).filter(({ value }) => value !== "evaluated")
        const predicted = documents.some((item) => sheetOf(item, state.settings.sheet)?.predicted)
        const all = [
          { value: "", text: "the height" },
          ...options,
          ...(predicted ? [{ value: "evaluated", text: "evaluated or predicted" }] : []),
        ]
        control.offer(all)
        control.set(all.some(({ value }) => value === state.settings.color) ? state.settings.color : "")
        return all.length > 2
      },
    }
  }

  private scale(): Part {
    const control = segments("Scale", words("auto Auto", "linear Linear", "log Log"), (scale) =>
      this.set({ scale: scale as Settings["scale"] }),
    )
    return {
      element: control.element,
      sync: ({ state, documents }) => {
        control.set(state.settings.scale)
        return hasData(documents)
      },
    }
  }

  private clipSlider(): Part {
    let range: [number, number] | null = null
    let kind: "linear" | "log" = "linear"
    const control = slider("Clip above", (at) => {
      if (range) this.store.slideSettings({ clip: at >= 0.999 ? null : valueAt(makeScale(kind, ...range), at) })
    })
    return {
      element: control.element,
      sync: ({ state, plans, documents }) => {
        const shown = plans.find(({ shared }) => shared.height)
        kind = shown?.look.scale === "log" ? "log" : "linear"
        range = unclipped(documents, state.settings, kind)
        const { clip } = state.settings
        const at = clip === null || !range ? 1 : Math.min(1, Math.max(0, place(makeScale(kind, ...range), clip)))
        control.set({ at: Number.isNaN(at) ? 0 : at, text: clip === null ? "off" : short(clip) })
        return range !== null && documents.some((item) => item.field)
      },
    }
  }

  private clipNumber(): Part {
    const control = amount("Clip at", "off", (clip) => this.set({ clip }))
    return {
      element: control.element,
      sync: ({ state, documents }) => {
        control.set(state.settings.clip)
        return documents.some((item) => item.field)
      },
    }
  }

  private map(): Part {
    const swatch = h("span", { class: "swatch", "aria-hidden": "true" })
    const names = ["auto", ...Object.keys(COLOR_MAPS)]
    const control = list("Colour map", (map) => this.set({ map: map as Settings["map"] }))
    control.offer(names.map((value) => ({ value, text: MAP_WORDS[value] ?? value[0].toUpperCase() + value.slice(1) })))
    control.element.append(swatch)
    return {
      element: control.element,
      sync: ({ state, plans, documents }) => {
        control.set(state.settings.map)
        paint(swatch, plans[0]?.look.map ?? "viridis")
        return hasData(documents)
      },
    }
  }

  private iso(): Part {
    const control = slider("Iso-surface", (iso) => this.store.slideSettings({ iso }))
    return {
      element: control.element,
      sync: ({ state, documents, plans, solid }) => {
        const plan = plans.find((_, k) => documents[k].volume)
        const range = plan?.shared.height
        const value = range ? short(valueAt(makeScale(plan.look.scale === "log" ? "log" : "linear", ...range), state.settings.iso)) : ""
        control.set({ at: state.settings.iso, text: value })
        return solid && plan !== undefined
      },
    }
  }

  private cutAxis(): Part {
    let control = segments("Cut across", words("x x", "y y", "z z"), () => {})
    const holder = h("div", {}, control.element)
    let labels = ""
    return {
      element: holder,
      sync: ({ state, documents }) => {
        const volume = documents.find((item) => item.volume)?.volume
        if (!volume) return false
        const texts = [volume.x.label, volume.y.label, volume.z.label]
        if (labels !== texts.join()) {
          labels = texts.join()
          const options = (["x", "y", "z"] as const).map((value, k) => ({ value, text: texts[k] }))
          control = segments("Cut across", options, (cutAxis) => this.set({ cutAxis: cutAxis as Settings["cutAxis"] }))
          holder.replaceChildren(control.element)
        }
        control.set(state.settings.cutAxis)
        return true
      },
    }
  }

  private cut(): Part {
    const control = slider("Cut at", (cut) => this.store.slideSettings({ cut }))
    return {
      element: control.element,
      sync: ({ state: { settings }, documents }) => {
        const volume = documents.find((item) => item.volume)?.volume
        if (!volume) return false
        const values = decoded(volume[settings.cutAxis].values)
        const [low, high] = [values[0], values[values.length - 1]]
        control.set({ at: settings.cut, text: `${volume[settings.cutAxis].label} = ${short(low + settings.cut * (high - low))}` })
        return true
      },
    }
  }

  private switch(key: "contours" | "floor", text: string, solid = false): Part {
    const control = toggle(text, (value) => this.set({ [key]: value }))
    return {
      element: control.element,
      sync: (scene) => {
        control.set(scene.state.settings[key])
        return solid ? scene.solid && scene.documents.some((item) => item.field) : hasData(scene.documents)
      },
    }
  }

  private tracks(): Part {
    const control = segments("Tracks", words("true At their loss", "dropped Dropped", "off Off"), (tracks) =>
      this.set({ tracks: tracks as Settings["tracks"] }),
    )
    return {
      element: control.element,
      sync: ({ state, documents }) => {
        control.set(state.settings.tracks)
        return hasTracks(documents)
      },
    }
  }

  private time(): Part {
    const control = slider("Time along the tracks", (time) => this.store.slideSettings({ time }))
    return {
      element: control.element,
      sync: ({ state: { settings }, documents }) => {
        control.set({ at: settings.time, text: stepWords(documents, settings.time) })
        return hasTracks(documents) && settings.tracks !== "off"
      },
    }
  }

  private cameras(): Part {
    const buttons = VIEWS.map(({ name, camera }, k) => {
      const button = h("button", { type: "button", class: "button", text: name, title: `${name} (${k})` })
      button.addEventListener("click", () => this.host.onCamera(camera))
      return button
    })
    return { element: h("div", { class: "button-grid" }, ...buttons), sync: ({ solid }) => solid }
  }

  private linked(): Part {
    const control = toggle("Link cameras, axes and scales", (linked) => this.store.step({ linked }))
    return {
      element: control.element,
      sync: ({ state, tiles }) => {
        control.set(state.linked)
        return tiles > 1
      },
    }
  }

  private mode(): Part {
    const control = segments("Drawing", words("auto 3-D", "flat Flat"), (mode) => this.set({ mode: mode as Settings["mode"] }))
    return {
      element: control.element,
      sync: ({ state, documents, flatOnly }) => {
        control.set(state.settings.mode)
        return hasData(documents) && !flatOnly
      },
    }
  }

  private quality(): Part {
    const control = segments("Quality", words("auto Auto", "low Low", "high High"), (quality) =>
      this.set({ quality: quality as Settings["quality"] }),
    )
    return {
      element: control.element,
      sync: ({ state, solid }) => {
        control.set(state.settings.quality)
        return solid
      },
    }
  }

  private theme(): Part {
    const control = segments("Theme", words("auto Auto", "light Light", "dark Dark"), (theme) =>
      this.set({ theme: theme as Settings["theme"] }),
    )
    return { element: control.element, sync: ({ state }) => (control.set(state.settings.theme), true) }
  }
}

function words(...items: string[]): Option[] {
  return items.map((item) => ({ value: item.slice(0, item.indexOf(" ")), text: item.slice(item.indexOf(" ") + 1) }))
}

function hasData(documents: readonly Document[]): boolean {
  return documents.some((item) => item.field || item.volume)
}

export function hasTracks(documents: readonly Document[]): boolean {
  return documents.some((item) => item.field?.tracks.length)
}

function sheets(documents: readonly Document[]): string[] {
  return [...new Set(documents.flatMap((item) => (item.field ?? item.volume)?.sheets.map(({ name }) => name) ?? []))]
}

function quantities(documents: readonly Document[], settings: Settings): Option[] {
  const all = documents.flatMap((item) => sheetOf(item, settings.sheet)?.quantities ?? [])
  return [...new Map(all.map(({ name, label }) => [name, label])).entries()].map(([value, text]) => ({ value, text }))
}

/** The range that the clip slider runs over. */
function unclipped(documents: readonly Document[], settings: Settings, kind: "linear" | "log"): [number, number] | null {
  const ranges = documents
    .map((item) => heightOf(item, settings))
    .filter((of) => of !== null)
    .map((of) => rangeIn(of, kind))
  return union(ranges)
}

/** How far the tracks are drawn: the step of the first one that has steps, and how far off the plane it is there; else the share. */
export function stepWords(documents: readonly Document[], time: number): string {
  const track = documents.flatMap((item) => item.field?.tracks ?? []).find(({ steps }) => steps)
  const share = `${Math.round(100 * time)} %`
  if (!track?.steps) return share
  const steps = decoded(track.steps)
  const { count } = upTo({ x: steps, y: steps, steps }, time)
  const off = offWords({ off: track.off && decoded(track.off), atLeast: track.at_least }, count - 1)
  return `step ${short(stepAt(steps, time), 6)} of ${short(steps[steps.length - 1], 6)}${off ? `, ${off} off the plane` : ""}`
}

function paint(swatch: HTMLElement, name: Plan["look"]["map"]): void {
  if (swatch.dataset.map === name) return
  swatch.dataset.map = name
  swatch.style.backgroundImage = `linear-gradient(to right, ${Array.from({ length: 17 }, (_, k) => css(colorAt(name, k / 16))).join(", ")})`
}
