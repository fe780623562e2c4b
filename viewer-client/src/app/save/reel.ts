/** What of the page goes into a picture, and what moves in a film: the frames of a series, the time along tracks, or the camera. */

import type { Camera } from "../../contract"
import { hasTracks } from "../controls"
import type { Option } from "../fields"
import type { Page } from "../page"
import { commonBar } from "../stage"
import type { Tile } from "../tile"
import { hasCamera } from "../views"
import type { Film } from "./film"
import type { Sheet } from "./picture"
import { paintSheet } from "./picture"

export type Motion = "frames" | "tracks" | "turntable"

/** Pictures of a film are no wider than this, and it has so many of them in a second. */
const WIDEST = 1280
const RATE = 15

/** The motions that what is shown has. */
export function motions(page: Page): Option[] {
  const scene = page.scene()
  const out: Option[] = []
  if ((page.series()?.entries.length ?? 0) > 1) out.push({ value: "frames", text: "the frames of the series" })
  if (hasTracks(scene.documents) && scene.state.settings.tracks !== "off") out.push({ value: "tracks", text: "the time along the tracks" })
  if (page.stage.all().some(({ view }) => hasCamera(view))) out.push({ value: "turntable", text: "the camera around it" })
  return out
}

/** The tiles as they are now, for a picture. */
export function sheetOf(tiles: readonly Tile[], captions: boolean): Sheet {
  const style = getComputedStyle(document.documentElement)
  const color = (name: string) => style.getPropertyValue(name).trim()
  const shown = tiles.filter(({ view, content }) => view && content)
  const solid = shown.filter((tile) => tile.solid) // flat views and charts bring their own bar into a picture
  const bar = commonBar(solid.map(({ content }) => content!))
  return {
    plates: shown.map(({ view, content, solid: own }) => ({
      title: content!.title,
      caption: content!.document?.caption ?? "",
      view: view!,
      bar: bar || !own ? null : (content!.plan?.bar ?? null),
      width: Math.max(160, view!.element.clientWidth),
      height: Math.max(120, view!.element.clientHeight),
    })),
    bar,
    ground: color("--ground"),
    ink: color("--ink"),
    muted: color("--muted"),
    captions,
  }
}

/** A film of the page; `end` puts back what was moved. */
export function reel(page: Page, sheet: () => Sheet, motion: Motion, seconds: number): Film & { end(): void } {
  page.time.stop()
  const { plates } = sheet()
  const scale = Math.min(1, WIDEST / plates.reduce((sum, { width }) => sum + width, 0))
  const draw = () => paintSheet(sheet(), scale)
  if (motion === "turntable") return turntable(page, draw, seconds)
  const { state } = page.store
  const count = motion === "frames" ? page.series()!.entries.length : Math.round(seconds * RATE)
  return {
    count,
    seconds: motion === "frames" ? 1 / state.speed : 1 / RATE,
    at: (k) => {
      page.store.slide(motion === "frames" ? { frame: k } : { settings: { ...state.settings, time: k / (count - 1) } })
      page.render()
      return draw()
    },
    end: () => page.store.slide({ frame: state.frame, settings: state.settings }),
  }
}

function turntable(page: Page, draw: () => Promise<HTMLCanvasElement>, seconds: number): Film & { end(): void } {
  const before = new Map(
    page.stage.all().flatMap((tile) => (hasCamera(tile.view) ? [[tile, tile.view.getCamera()] as [Tile, Camera]] : [])),
  )
  const count = Math.round(seconds * RATE)
  return {
    count,
    seconds: 1 / RATE,
    at: (k) => {
      for (const [tile, camera] of before) tile.look({ ...camera, azimuth: turned(camera.azimuth, k / count) })
      return draw()
    },
    end: () => before.forEach((camera, tile) => tile.look(camera)),
  }
}

/** A share of a full turn further, in −180 … 180. */
export function turned(azimuth: number, share: number): number {
  return ((((azimuth + 360 * share + 180) % 360) + 360) % 360) - 180
}
