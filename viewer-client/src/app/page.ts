/**
 * The page: it keeps the catalogue, the documents and the state together, and draws them when one of them changes, once per frame.
 *
 * What is drawn follows from the state (which is the address), the catalogue and the documents alone; every action changes one of these.
 */

import type { Camera, Readout, Source } from "../contract"
import { HOME } from "../surface/camera"
import type { Catalogue, Document, Entry } from "../types"
import { CataloguePanel } from "./catalogue"
import type { Scene } from "./controls"
import { Controls, VIEWS } from "./controls"
import { Documents } from "./documents"
import { h, oncePerFrame, say } from "./dom"
import type { Series } from "./entries"
import { apply, findSeries } from "./entries"
import { Frame } from "./frame"
import { helpSheet, listen } from "./keys"
import { Notices } from "./notices"
import type { Plan } from "./plan"
import { plan } from "./plan"
import { shortcuts } from "./shortcuts"
import { Stage } from "./stage"
import { MOST_TILES, Store } from "./state"
import type { Content, Host, Tile } from "./tile"
import { Time } from "./time"
import { hasCamera, kindOf, webgl } from "./views"
import { emptiness, remark } from "./words"

type Shown = Content & { key: string }

export class Page implements Host {
  readonly notices = new Notices()
  readonly store: Store
  readonly stage: Stage
  readonly frame: Frame
  readonly time: Time
  catalogue: Catalogue | null = null
  private readonly documents: Documents
  private readonly panel: CataloguePanel
  private readonly controls: Controls
  private readonly dark = matchMedia("(prefers-color-scheme: dark)")
  private readonly readout = h("p", { class: "visually-hidden", role: "status", "aria-live": "polite" })
  private readonly help: HTMLDialogElement
  /** the tile that the next result chosen replaces */
  private replacing: string | null = null
  private catalogueError: string | null = null
  private contents: Shown[] = []
  private readonly ends: (() => void)[] = []
  private over = false
  private readonly draw = oncePerFrame(() => this.over || this.render())
  private speak: ReturnType<typeof setTimeout> | undefined

  constructor(
    root: HTMLElement,
    private readonly source: Source,
    view: string,
  ) {
    this.store = new Store((notices) => notices.forEach((text) => this.notices.say(text)), view)
    this.documents = new Documents(source, this.draw)
    this.stage = new Stage(this, () => this.store.state.linked)
    this.panel = new CataloguePanel({
      onShow: (id) => this.choose(id),
      onAdd: (id) => this.add(id),
      onTakeAway: (id) => this.takeAway(id),
      onPlay: (series) => this.play(series),
      onClose: () => this.frame.toggle("catalogue", false),
    })
    this.controls = new Controls(this.store, {
      onCamera: (camera) => this.lookFrom(camera),
      onClose: () => this.frame.toggle("settings", false),
    })
    this.time = new Time(this.store, () => ({ frames: this.series()?.entries.length ?? 0, scene: this.scene() }), this.draw)
    const groups = shortcuts(this)
    this.help = helpSheet(groups)
    this.frame = new Frame(
      root,
      {
        catalogue: this.panel.element,
        settings: this.controls.element,
        stage: [this.stage.element, this.notices.element],
        foot: this.time.element,
        around: [this.readout, this.help],
      },
      this,
    )
    this.ends.push(listen(groups, () => document.querySelector("dialog[open]") !== null))
    this.store.listen((state, before) => this.follow(state.camera, before.camera, state.ids.length > 0))
    this.dark.addEventListener("change", this.draw)
    this.ends.push(() => this.dark.removeEventListener("change", this.draw))
    this.start(view)
  }

  /** Lets go of everything. */
  dispose(): void {
    this.over = true
    this.time.stop()
    clearTimeout(this.speak)
    for (const end of this.ends) end()
    this.store.dispose()
    this.stage.show([], false)
  }

  // ---- what there is

  private start(view: string): void {
    const chosen = this.store.state.ids.length > 0 || this.store.state.series !== ""
    this.frame.toggle("catalogue", !chosen && innerWidth >= 900)
    const side = this.store.state.ids.length
    this.frame.toggle("settings", innerWidth >= (side < 2 ? 1180 : 1700)) // several pictures need the room
    this.documents.want(this.store.state.ids) // no need to wait for the catalogue
    this.render()
    void this.learn(!chosen && view === "")
    const end = this.source.watch(
      (changed) => {
        if (this.catalogue) this.catalogue = apply(this.catalogue, changed)
        for (const entry of changed.entries) this.documents.changed(entry)
        for (const id of changed.gone) this.documents.gone(id)
        this.draw()
      },
      (state) => this.connection(state),
    )
    this.ends.push(end)
  }

  private async learn(choose: boolean): Promise<void> {
    try {
      this.catalogue = await this.source.catalogue()
      this.catalogueError = null
      const whole = this.catalogue.entries.filter((entry) => entry.error === null)
      const first = whole.find((entry) => entry.kind === "slice") ?? whole[0]
      if (choose && first && !this.store.state.ids.length) this.store.slide({ ids: [first.id] })
    } catch (error) {
      this.catalogueError = error instanceof Error ? error.message : String(error)
    }
    this.draw()
  }

  private connection(state: "open" | "lost"): void {
    this.frame.connection(this.source.live ? state : null)
    if (state === "lost")
      return this.notices.stand(
        "lost",
        "Connection lost, trying again. If `lossatlas view` was stopped, start it again and open the address that it prints.",
      )
    this.notices.takeBack("lost")
    if (this.catalogueError) void this.learn(false)
    for (const { id, slot } of this.contents) if (slot.error) this.documents.retry(id)
  }

  /** The series that plays; null where none does. */
  series(): Series | null {
    const { series, ids } = this.store.state
    if (series === "" || !this.catalogue) return null
    if (series !== "chosen") return findSeries(this.catalogue.entries).find(({ key }) => key === series) ?? null
    const entries = ids.map((id) => this.entry(id)).filter((entry) => entry !== null)
    return { key: "chosen", title: "", entries }
  }

  entry(id: string): Entry | null {
    return this.catalogue?.entries.find((entry) => entry.id === id) ?? this.documents.slot(id).document?.entry ?? null
  }

  document(id: string): Document | null {
    return this.documents.slot(id).document
  }

  // ---- what is drawn

  render(): void {
    const theme = this.theme()
    document.documentElement.dataset.theme = theme
    document.querySelector('meta[name="theme-color"]')?.setAttribute("content", theme === "dark" ? "#0f1318" : "#ffffff")
    const series = this.series()
    this.contents = series ? this.playing(series) : this.side()
    this.stage.show(this.contents, this.store.state.settings.mode === "flat")
    const scene = this.scene()
    this.controls.sync(scene)
    this.time.show(series, scene)
    const { ids } = this.store.state
    this.panel.show(
      this.catalogue?.entries ?? [],
      series && series.key !== "chosen" ? this.contents.map(({ id }) => id) : ids,
      series?.key ?? "",
    )
    const { catalogue, catalogueError } = this
    this.frame.show(this, this.contents.length ? null : emptiness(catalogue, catalogueError, this.store.state.series))
    this.frame.remark(remark(scene))
    say(document.head.querySelector("title")!, [...this.contents.map(({ title }) => title), "lossatlas"].join(" · "))
  }

  private side(): Shown[] {
    const { ids } = this.store.state
    this.documents.want(ids)
    const documents = ids.map((id) => this.document(id))
    const plans = this.plans(documents)
    return ids.map((id, index) => ({
      ...this.content(id, plans[index]),
      key: id,
      place: { index, count: ids.length, series: false },
    }))
  }

  /** One scale over all frames, so all of them are fetched before the first is drawn; the tile shows one of them. */
  private playing({ entries, title }: Series): Shown[] {
    const ids = entries.map(({ id }) => id)
    this.documents.want(ids)
    if (!ids.length) return []
    const slots = ids.map((id) => this.documents.slot(id))
    const came = slots.filter(({ document: item, error }) => item || error).length
    const at = Math.min(this.store.state.frame, ids.length - 1)
    const content = this.content(ids[at], came < ids.length ? null : this.plans(slots.map(({ document: item }) => item))[at])
    const name = content.title.startsWith(title) ? content.title : `${title}: ${content.title}`
    const shown = { ...content, key: "\nseries", title: name, place: { index: 0, count: 1, series: true } }
    return [
      came < ids.length
        ? { ...shown, document: null, slot: { ...content.slot, error: null }, waiting: `${came} of ${ids.length} frames` }
        : shown,
    ]
  }

  private plans(documents: readonly (Document | null)[]): (Plan | null)[] {
    const there = documents.filter((item) => item !== null)
    const { settings, linked } = this.store.state
    const made = plan(there, settings, {
      theme: this.theme(),
      slow: webgl() === "software",
      linked: linked || this.store.state.series !== "",
    })
    return documents.map((item) => (item ? made[there.indexOf(item)] : null))
  }

  private content(id: string, made: Plan | null): Omit<Shown, "key" | "place"> {
    const slot = this.documents.slot(id)
    const entry = this.entry(id)
    const flat = slot.document && kindOf(slot.document, this.store.state.settings.mode === "flat") === "flat"
    // flat views have the two colours of a flag in their legend
    const own = flat && made?.bar?.scale === null && made.look.color !== "evaluated"
    const shown = own ? { ...made!, bar: null } : made
    return {
      id,
      entry,
      slot,
      document: slot.document,
      plan: shown,
      title: entry?.title ?? id,
      waiting: "",
      bar: null,
      camera: this.store.state.camera,
    }
  }

  theme(): "light" | "dark" {
    const { theme } = this.store.state.settings
    return theme === "auto" ? (this.dark.matches ? "dark" : "light") : theme
  }

  scene(): Scene {
    const shown = this.contents.filter((item) => item.document && item.plan)
    return {
      state: this.store.state,
      documents: shown.map((item) => item.document!),
      plans: shown.map((item) => item.plan!),
      solid: this.stage.all().some(({ solid }) => solid),
      flatOnly: webgl() === "none",
      tiles: this.contents.length,
    }
  }

  // ---- what a tile asks

  onCamera(from: Tile, camera: Camera, settled: boolean): void {
    this.stage.follow(from, camera)
    if (settled && (this.store.state.linked || this.contents.length < 2)) this.moved(camera)
  }

  /** Writes the camera to the address; the views have it already. */
  private moved(camera: Camera): void {
    this.following = false
    this.store.slide({ camera })
    this.following = true
  }

  private following = true
  private follow(camera: Camera | null, before: Camera | null, any: boolean): void {
    if (camera !== before && this.following && any) this.stage.follow(null, camera ?? this.home())
    this.draw()
  }

  private home(): Camera {
    return this.stage.all().find(({ home }) => home)?.home ?? HOME
  }

  lookFrom(change: Partial<Camera> | null): void {
    const tile = this.stage.all().find(({ view }) => hasCamera(view))
    if (!tile) return
    const now = hasCamera(tile.view) ? tile.view.getCamera() : this.home()
    const camera = change ? { ...this.home(), distance: now.distance, ...change } : null
    this.store.step({ camera })
    this.stage.follow(null, camera ?? this.home())
  }

  standard(k: number): void {
    this.lookFrom(VIEWS[k].camera)
  }

  onAction(tile: Tile, action: "close" | "left" | "right" | "replace" | "save"): void {
    const id = tile.content?.id
    if (!id) return
    if (action === "close") this.takeAway(id)
    else if (action === "replace") this.ask(id)
    else if (action === "save") this.frame.save(this, tile)
    else this.move(id, action === "left" ? -1 : 1)
  }

  onRetry(tile: Tile): void {
    if (tile.content) this.documents.retry(tile.content.id)
  }

  retry(): void {
    void this.learn(false)
  }

  /** Read out once the pointer rests, so that it does not chatter. */
  onReadout(readout: Readout | null): void {
    clearTimeout(this.speak)
    if (readout) this.speak = setTimeout(() => say(this.readout, readout.lines.map((line) => line.join(" ")).join(", ")), 400)
  }

  onReady(tile: Tile): void {
    if (!document.documentElement.dataset.ready) {
      performance.mark("lossatlas-ready", { detail: tile.content?.id })
      document.documentElement.dataset.ready = String(Math.round(performance.now()))
    }
  }

  notice(text: string): void {
    this.notices.say(text)
  }

  // ---- what is chosen

  private choose(id: string): void {
    const { ids } = this.store.state
    const at = this.replacing === null ? -1 : ids.indexOf(this.replacing)
    if (at >= 0 && ids.includes(id)) return this.notices.say(`${this.entry(id)?.title ?? id} is shown already; choose another one.`)
    this.ask(null)
    this.time.stop()
    if (at >= 0) this.store.step({ ids: ids.map((other, k) => (k === at ? id : other)), series: "" })
    else this.store.step({ ids: [id], series: "" })
    this.frame.afterChoice()
  }

  private add(id: string): void {
    const { ids, series } = this.store.state
    const present = series && series !== "chosen" ? [] : ids
    if (present.length >= MOST_TILES) return this.notices.say(`${MOST_TILES} results fit side by side; take one away first.`)
    this.time.stop()
    this.store.step({ ids: [...present.filter((other) => other !== id), id], series: "" })
  }

  private takeAway(id: string): void {
    this.ask(null)
    if (this.store.state.series && this.store.state.series !== "chosen") return this.play("")
    this.store.step({ ids: this.store.state.ids.filter((other) => other !== id) })
  }

  private move(id: string, by: number): void {
    const ids = [...this.store.state.ids]
    const at = ids.indexOf(id)
    ;[ids[at], ids[at + by]] = [ids[at + by], ids[at]]
    this.store.step({ ids })
  }

  private ask(id: string | null): void {
    this.replacing = id
    this.panel.ask(id === null ? "" : `Choose a result to put in the place of ${this.entry(id)?.title ?? id}.`)
    if (id !== null) this.search()
  }

  search(): void {
    this.frame.toggle("catalogue", true)
    this.panel.focusSearch()
  }

  /** Plays a series in one tile, or ("chosen") the results side by side one after another; "" ends it. */
  play(series: string): void {
    this.time.stop()
    this.store.step({ series, frame: 0 })
    this.frame.afterChoice()
  }

  showHelp(): void {
    if (!this.help.open) this.help.showModal()
  }
}
