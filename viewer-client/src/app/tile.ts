/**
 * One result in a frame: its title, the picture, what lies under the pointer, its caption, and a drawer with all that is known of it.
 * The picture stays while newer data come; while there is none, words say what is going on and what to do.
 */

import type { Camera, Readout, View } from "../contract"
import type { Document, Entry } from "../types"
import { barSvg } from "./colorbar"
import type { Slot } from "./documents"
import { h, icon, iconButton, oncePerFrame, say } from "./dom"
import { progress } from "./entries"
import type { Bar, Plan } from "./plan"
import { hasCamera, kindOf, MAKERS } from "./views"
import type { ViewKind } from "./views"

/** What a tile asks of the page. */
export interface Host {
  onCamera(from: Tile, camera: Camera, settled: boolean): void
  onAction(tile: Tile, action: "close" | "left" | "right" | "replace" | "save"): void
  onRetry(tile: Tile): void
  onReadout(readout: Readout | null): void
  onReady(tile: Tile): void
  notice(text: string): void
}

/** What a tile shows. */
export interface Content {
  id: string
  entry: Entry | null
  slot: Slot
  /** the document drawn, and how; null while there is none */
  document: Document | null
  plan: Plan | null
  title: string
  /** words on what is still on its way; empty: nothing more than the document */
  waiting: string
  /** the bar under this tile; null where one bar stands for all */
  bar: Bar | null
  camera: Camera | null
  /** for the buttons */
  place: { index: number; count: number; series: boolean }
}

/** Whether there is a point to draw. */
function begun({ entry }: Document): boolean {
  return entry.total === 0 || entry.done > 0
}

export class Tile {
  readonly element: HTMLElement
  view: View | null = null
  content: Content | null = null
  private kind: ViewKind | null = null
  /** 3-D stopped here: drawn flat from now on */
  private failed = false
  /** what could not be drawn at all, and why */
  private broken: { document: Document; reason: string } | null = null
  private ready = false
  /** where the view looks from by itself */
  home: Camera | null = null

  private readonly title = h("h2", { class: "tile-title" })
  private readonly subtitle = h("p", { class: "tile-subtitle" })
  private readonly body = h("div", { class: "tile-body" })
  private readonly picture = h("div", { class: "tile-picture" })
  private readonly words = h("p", { class: "visually-hidden" })
  private readonly message = h("div", { class: "tile-message" })
  private readonly readout = h("dl", { class: "readout", hidden: true })
  private readonly bar = h("div", { class: "tile-bar" })
  private readonly caption = h("p", { class: "tile-caption" })
  private readonly meter = h(
    "div",
    { class: "meter", role: "progressbar", "aria-label": "points computed", "aria-valuemin": 0, hidden: true },
    h("span"),
  )
  private readonly drawer = h("div", {
    class: "drawer",
    hidden: true,
    tabindex: -1,
    role: "group",
    "aria-label": "What is known of this result",
  })
  private readonly buttons: Record<"info" | "left" | "right" | "replace" | "save" | "close", HTMLButtonElement>
  private readonly observer = new ResizeObserver(oncePerFrame(() => this.view?.resize()))
  private drawn: [Document, Plan] | null = null

  constructor(private readonly host: Host) {
    const act = (action: "close" | "left" | "right" | "replace" | "save") => () => host.onAction(this, action)
    this.buttons = {
      info: iconButton("info", "What is known of this result", () => this.toggleDrawer(), { "aria-expanded": "false" }),
      left: iconButton("left", "Move left", act("left")),
      right: iconButton("right", "Move right", act("right")),
      replace: iconButton("swap", "Replace by another result", act("replace")),
      save: iconButton("save", "Save this picture", act("save")),
      close: iconButton("close", "Take this result away", act("close")),
    }
    const actions = h("div", { class: "tile-actions", role: "group" }, ...Object.values(this.buttons))
    const head = h("header", { class: "tile-head" }, h("div", { class: "tile-names" }, this.title, this.subtitle), actions)
    this.body.append(this.picture, this.message, this.readout, this.drawer)
    this.element = h("article", { class: "tile" }, head, this.meter, this.body, this.words, this.bar, this.caption)
    this.drawer.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return
      event.stopPropagation()
      this.toggleDrawer()
      this.buttons.info.focus()
    })
    this.observer.observe(this.picture)
  }

  /** whether what is drawn has a camera and leaves its colour bar to the page */
  get solid(): boolean {
    return this.kind === "surface" || this.kind === "volume"
  }

  show(content: Content, settingsFlat: boolean): void {
    this.content = content
    const { document, plan, slot, waiting } = content
    if (this.broken?.document !== document) this.broken = null
    this.showHead(content)
    const kind = document && plan && begun(document) && !this.broken ? kindOf(document, settingsFlat || this.failed) : null
    if (kind !== this.kind && (kind || !(slot.loading || waiting))) this.change(kind)
    if (document && plan) this.draw(document, plan)
    this.showMessage(content)
    this.showFoot(content)
  }

  /** Move the camera without telling anybody. */
  look(camera: Camera): void {
    if (hasCamera(this.view)) this.view.setCamera(camera)
  }

  dispose(): void {
    this.observer.disconnect()
    this.view?.dispose()
    this.element.remove()
  }

  private change(kind: ViewKind | null): void {
    this.view?.dispose()
    this.view = null
    this.kind = kind
    this.drawn = null
    this.ready = false
    this.picture.replaceChildren()
    this.showReadout(null)
    if (!kind) return
    try {
      this.view = MAKERS[kind]({
        onCamera: (camera, settled) => this.host.onCamera(this, camera, settled),
        onHover: (readout) => this.showReadout(readout),
        onReady: () => this.onReady(),
        onFailed: (reason) => this.fail(reason),
      })
    } catch (error) {
      return this.fail(error instanceof Error ? error.message : String(error))
    }
    this.picture.append(this.view.element)
    this.home = hasCamera(this.view) ? this.view.getCamera() : null
  }

  private draw(document: Document, plan: Plan): void {
    const before = this.drawn
    const same = before && before[0] === document && JSON.stringify(before[1]) === JSON.stringify(plan)
    if (same || !this.view) return
    const first = before === null
    this.drawn = [document, plan]
    try {
      this.view.update(document, plan.look, plan.shared)
      if (first && this.content?.camera) this.look(this.content.camera)
      say(this.words, this.view.describe())
    } catch (error) {
      this.fail(error instanceof Error ? error.message : String(error))
    }
  }

  /** 3-D cannot go on: the flat view takes over. A flat view or a chart that fails says why. */
  private fail(reason: string): void {
    const solid = this.solid
    this.change(null)
    if (solid && !this.failed) {
      this.failed = true
      this.host.notice(`3-D stopped (${reason}); drawn flat instead. Reload the page to try 3-D again.`)
      if (this.content) this.show(this.content, true)
      return
    }
    if (this.content?.document) this.broken = { document: this.content.document, reason }
    if (this.content) this.showMessage(this.content)
  }

  private onReady(): void {
    this.ready = true
    this.element.classList.add("ready")
    if (this.content) this.showMessage(this.content)
    this.host.onReady(this)
  }

  private showHead({ title, entry, place, id }: Content): void {
    say(this.title, title)
    this.title.title = title
    this.element.setAttribute("aria-label", title)
    this.element.dataset.id = id
    say(this.subtitle, entry ? [entry.store, entry.kind, entry.dims].filter(Boolean).join(" · ") : "")
    this.buttons.left.hidden = this.buttons.right.hidden = place.count < 2
    this.buttons.left.disabled = place.index === 0
    this.buttons.right.disabled = place.index === place.count - 1
    this.buttons.replace.hidden = place.series
    this.buttons.close.hidden = place.series
    this.buttons.info.disabled = this.content?.document === null
    this.element.classList.toggle("busy", Boolean(entry?.live))
    const counted = entry !== null && entry.total > 0 && entry.done < entry.total
    this.meter.hidden = !counted
    if (counted) {
      this.meter.setAttribute("aria-valuemax", String(entry.total))
      this.meter.setAttribute("aria-valuenow", String(entry.done))
      this.meter.setAttribute("aria-valuetext", progress(entry))
      ;(this.meter.firstElementChild as HTMLElement).style.width = `${(100 * entry.done) / entry.total}%`
    }
  }

  private showMessage({ slot, document, id, entry, waiting }: Content): void {
    this.picture.classList.toggle("stale", Boolean(slot.error && document))
    if (slot.error && !document) return this.tell("warn", "This result cannot be shown", entry?.error ?? slot.error, true)
    if (this.broken) return this.tell("warn", "This result cannot be drawn", this.broken.reason)
    if (!document || (this.kind && !this.ready)) return this.tell(null, "Loading", waiting || (entry?.title ?? id))
    if (!this.kind && this.view === null) {
      return this.tell("info", "Nothing to draw yet", "The first points are still being computed; they appear here by themselves.")
    }
    if (this.view) this.message.replaceChildren()
    if (slot.error) this.message.replaceChildren(h("p", { class: "stale-note", text: `Not up to date: ${slot.error}` }))
  }

  private tell(sign: "warn" | "info" | null, what: string, why: string, retry = false): void {
    this.message.replaceChildren(
      h(
        "div",
        { class: `card ${sign ?? "loading"}` },
        sign ? icon(sign) : h("span", { class: "spinner", "aria-hidden": "true" }),
        h("div", {}, h("strong", { text: what }), h("p", { text: why })),
        retry && h("button", { type: "button", class: "button", text: "Try again", onclick: () => this.host.onRetry(this) }),
      ),
    )
  }

  private showFoot({ document, entry, bar }: Content): void {
    const key = bar ? JSON.stringify(bar) : ""
    if (this.bar.dataset.key !== key) {
      this.bar.dataset.key = key
      this.bar.replaceChildren(...(bar ? [barSvg(bar, 320)] : []))
    }
    const state = entry ? progress(entry) : ""
    say(this.caption, [state, document?.caption].filter(Boolean).join(" — "))
    this.caption.title = document?.caption ?? ""
    if (!this.drawer.hidden && document) this.fillDrawer(document)
  }

  private showReadout(readout: Readout | null): void {
    this.host.onReadout(readout)
    this.readout.hidden = readout === null
    if (readout) this.readout.replaceChildren(...readout.lines.flatMap(([name, text]) => [h("dt", { text: name }), h("dd", { text })]))
  }

  toggleDrawer(): void {
    const document = this.content?.document
    if (!document) return
    this.drawer.hidden = !this.drawer.hidden
    this.buttons.info.setAttribute("aria-expanded", String(!this.drawer.hidden))
    if (this.drawer.hidden) return
    this.fillDrawer(document)
    this.drawer.focus()
  }

  private fillDrawer({ facts, caption, entry }: Document): void {
    const key = `${entry.id}\n${entry.revision}`
    if (this.drawer.dataset.key === key) return
    this.drawer.dataset.key = key
    const close = iconButton("close", "Close", () => {
      this.toggleDrawer()
      this.buttons.info.focus()
    })
    this.drawer.replaceChildren(
      h("div", { class: "drawer-head" }, h("h3", { text: "What is known of this result" }), close),
      h("p", { text: caption }),
      h("dl", {}, ...facts.flatMap(({ name, text }) => [h("dt", { text: name }), h("dd", { text })])),
    )
  }
}
