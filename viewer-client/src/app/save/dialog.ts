/** The dialog that saves what is shown: a picture, a film, a mesh. Everything is made in the browser; nothing is sent anywhere. */

import type { Mesh } from "../../contract"
import { h, icon, iconButton, say } from "../dom"
import { list, segments, toggle } from "../fields"
import type { Option } from "../fields"
import type { Page } from "../page"
import type { Tile } from "../tile"
import type { Film } from "./film"
import { encoded, gif, video, videoType } from "./film"
import { glb, obj } from "./mesh"
import { drawSheet, paintSheet } from "./picture"
import { motions, reel, sheetOf } from "./reel"
import type { Motion } from "./reel"

type Format = "png" | "svg" | "gif" | "video" | "obj" | "glb"

const FORMATS: Record<Format, { text: string; hint: string }> = {
  png: { text: "PNG", hint: "a picture" },
  svg: { text: "SVG", hint: "lines and text" },
  gif: { text: "GIF", hint: "a film" },
  video: { text: "Video", hint: "a film" },
  obj: { text: "OBJ", hint: "a mesh" },
  glb: { text: "glTF", hint: "a mesh (.glb)" },
}

/** Seconds of a turntable or of a run along tracks. */
const SECONDS: Option[] = ["3", "6", "12"].map((value) => ({ value, text: `${value} s` }))

class Stopped extends Error {}

export class SaveDialog {
  readonly element = h("dialog", { class: "sheet save", "aria-labelledby": "save-title" })
  private page: Page | null = null
  private format: Format = "png"
  private what = ""
  private scale = "2"
  private motion: Motion = "turntable"
  private seconds = "6"
  private captions = true
  private busy = false
  private stopped = false

  private readonly subject = list("What", (value) => this.pick({ what: value }))
  private readonly formats = h("div", { class: "formats", role: "radiogroup", "aria-label": "Format" })
  private readonly sizes = segments(
    "Size",
    ["1", "2", "4"].map((value) => ({ value, text: `${value} ×` })),
    (scale) => this.pick({ scale }),
  )
  private readonly moves = list("Motion", (motion) => this.pick({ motion: motion as Motion }))
  private readonly length = segments("Length", SECONDS, (seconds) => this.pick({ seconds }))
  private readonly words = toggle("Captions", (captions) => this.pick({ captions }))
  private readonly note = h("p", { class: "hint", role: "status" })
  private readonly go = h("button", { type: "button", class: "button primary" }, icon("save"), h("span", { text: "Save" }))
  private readonly meter = h("progress", { max: 1, value: 0, "aria-label": "progress", hidden: true })

  constructor(private readonly notice: (text: string) => void) {
    const close = iconButton("close", "Close", () => this.close())
    this.element.append(
      h("div", { class: "panel-head" }, h("h2", { id: "save-title", text: "Save" }), close),
      h(
        "div",
        { class: "save-body" },
        this.formats,
        this.subject.element,
        this.sizes.element,
        this.moves.element,
        this.length.element,
        this.words.element,
      ),
      h("div", { class: "save-foot" }, this.note, this.meter, this.go),
    )
    this.go.addEventListener("click", () => (this.busy ? (this.stopped = true) : void this.save()))
    this.element.addEventListener("cancel", (event) => {
      if (this.busy) event.preventDefault()
      this.stopped = true
    })
    this.element.addEventListener("click", (event) => {
      if (event.target === this.element) this.close()
    })
  }

  open(page: Page, tile: Tile | null): void {
    if (this.element.open || !page.stage.all().length) return
    this.page = page
    this.what = tile?.content?.id ?? ""
    this.sync()
    this.element.showModal()
  }

  private close(): void {
    this.stopped = true
    if (!this.busy) this.element.close()
  }

  private pick(change: Partial<Pick<SaveDialog, never>> & Record<string, unknown>): void {
    Object.assign(this, change)
    this.sync()
  }

  /** The tiles that are saved. */
  private tiles(): Tile[] {
    const all = this.page!.stage.all()
    return this.what ? all.filter((tile) => tile.content?.id === this.what) : all
  }

  /** Why a format cannot be had now; empty: it can. */
  private against(format: Format): string {
    const tiles = this.tiles()
    if (tiles.some(({ view }) => !view)) return "wait until everything is drawn"
    if (format === "svg" && tiles.some(({ view }) => !view?.svg)) return "for flat views and charts: switch Drawing to Flat"
    if ((format === "obj" || format === "glb") && !tiles.some(({ view }) => view?.mesh)) return "for surfaces and volumes in 3-D"
    if (format === "gif" || format === "video") {
      if (format === "video" && !videoType()) return "this browser records no video; GIF works everywhere"
      if (!motions(this.page!).length) return "needs something that moves: 3-D, a series or tracks"
    }
    return ""
  }

  private sync(): void {
    const all = this.page!.stage.all()
    this.subject.offer([
      { value: "", text: "everything shown" },
      ...all.map((tile) => ({ value: tile.content!.id, text: tile.content!.title })),
    ])
    if (!all.some((tile) => tile.content?.id === this.what)) this.what = ""
    this.subject.set(this.what)
    this.subject.element.hidden = all.length < 2
    if (this.against(this.format)) this.format = "png"
    this.drawFormats()
    const offered = motions(this.page!)
    if (!offered.some(({ value }) => value === this.motion)) this.motion = (offered[0]?.value as Motion | undefined) ?? "turntable"
    this.moves.offer(offered)
    this.moves.set(this.motion)
    this.sizes.set(this.scale)
    this.length.set(this.seconds)
    this.words.set(this.captions)
    const film = this.format === "gif" || this.format === "video"
    const mesh = this.format === "obj" || this.format === "glb"
    this.sizes.element.hidden = this.format !== "png"
    this.moves.element.hidden = !film
    this.length.element.hidden = !film || this.motion === "frames"
    this.words.element.hidden = mesh
    say(this.note, this.against(this.format) || this.remark())
    this.go.disabled = this.against(this.format) !== ""
  }

  private remark(): string {
    if (this.format === "video" && videoType()?.extension === "webm") return "WebM: this browser records no MP4."
    if (this.format === "video") return "MP4, recorded in real time once the pictures are drawn."
    if (this.format === "obj" || this.format === "glb") return "x and y in the units of the axes; the height as it is drawn."
    return ""
  }

  private drawFormats(): void {
    const focused = this.formats.contains(document.activeElement)
    this.formats.replaceChildren(
      ...Object.entries(FORMATS).map(([format, { text, hint }]) => {
        const against = this.against(format as Format)
        const input = h("input", { type: "radio", name: "save-format", value: format, class: "visually-hidden", disabled: against !== "" })
        input.checked = format === this.format
        input.addEventListener("change", () => this.pick({ format }))
        return h(
          "label",
          { class: against ? "format off" : "format", title: against },
          input,
          h("span", {}, h("strong", { text }), h("small", { text: hint })),
        )
      }),
    )
    if (focused) this.formats.querySelector<HTMLInputElement>("input:checked")?.focus()
  }

  private async save(): Promise<void> {
    this.busy = true
    this.stopped = false
    this.meter.hidden = false
    this.meter.value = 0
    say(this.go.lastElementChild!, "Stop")
    try {
      await this.make()
      this.element.close()
    } catch (error) {
      if (!(error instanceof Stopped)) this.notice(`Nothing was saved: ${error instanceof Error ? error.message : String(error)}`)
    } finally {
      this.busy = false
      this.meter.hidden = true
      say(this.go.lastElementChild!, "Save")
    }
  }

  private async make(): Promise<void> {
    const page = this.page!
    const tiles = this.tiles()
    if (this.format === "obj" || this.format === "glb") return this.saveMeshes(tiles)
    const sheet = () => sheetOf(this.tiles(), this.captions)
    if (this.format === "svg") return download(new Blob([drawSheet(sheet())!], { type: "image/svg+xml" }), this.name("svg"))
    if (this.format === "png") return download(await encoded(await paintSheet(sheet(), Number(this.scale))), this.name("png"))
    const roll = reel(page, sheet, this.motion, Number(this.seconds))
    const course = { onProgress: (done: number, of: number) => this.progress(done / of) }
    try {
      const film: Film = { ...roll, at: async (k) => (this.check(), roll.at(k)) }
      if (this.format === "gif") download(await gif(film, course), this.name("gif"))
      else download(await video(film, course), this.name(videoType()!.extension))
    } finally {
      roll.end()
    }
  }

  private saveMeshes(tiles: readonly Tile[]): void {
    for (const tile of tiles) {
      const mesh: Mesh | undefined = tile.view?.mesh?.()
      if (!mesh) continue
      const { title } = tile.content!
      if (this.format === "obj") download(new Blob([obj(mesh, title)], { type: "model/obj" }), fileName([title], "obj"))
      else download(new Blob([glb(mesh, title)], { type: "model/gltf-binary" }), fileName([title], "glb"))
    }
  }

  private progress(share: number): void {
    this.meter.value = share
    this.check()
  }

  private check(): void {
    if (this.stopped) throw new Stopped()
  }

  private name(extension: string): string {
    return fileName(
      this.tiles().map((tile) => tile.content!.title),
      extension,
    )
  }
}

/** A name that every system takes. */
export function fileName(titles: readonly string[], extension: string): string {
  const words = titles
    .join(" and ")
    .replace(/[^\p{L}\p{N}._ -]+/gu, "-")
    .replace(/^[-. ]+|[-. ]+$/g, "")
    .slice(0, 80)
  return `${words || "lossatlas"}.${extension}`
}

function download(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob)
  const link = h("a", { href: address, download: name, hidden: true })
  document.body.append(link) // not every browser follows a link outside the page
  link.click()
  link.remove()
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}
