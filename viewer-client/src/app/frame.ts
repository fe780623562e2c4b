/** The frame of the page: the bar at its top, the panels at its sides (sheets from below on a phone), and what stands where no tile is. */

import { h, icon, iconButton, prose, say, setIcon } from "./dom"
import type { Page } from "./page"
import { SaveDialog } from "./save/dialog"
import type { Tile } from "./tile"
import type { Emptiness, Remark } from "./words"

export interface Pieces {
  catalogue: HTMLElement
  settings: HTMLElement
  stage: HTMLElement[]
  foot: HTMLElement
  around: HTMLElement[]
}

type PanelName = "catalogue" | "settings"

export class Frame {
  private readonly buttons: Record<PanelName | "save" | "play" | "theme", HTMLButtonElement>
  private readonly live = h(
    "span",
    { class: "connection", hidden: true },
    h("span", { class: "dot" }),
    h("span", { class: "connection-text" }),
  )
  private readonly renderer = h("span", { class: "renderer", hidden: true })
  private readonly empty = h("div", { class: "empty", hidden: true })
  private readonly veil = h("div", { class: "veil", hidden: true })
  private readonly dialog: SaveDialog
  private readonly panels: Record<PanelName, HTMLElement>
  private readonly main: HTMLElement
  private emptyKey = ""

  constructor(
    private readonly root: HTMLElement,
    pieces: Pieces,
    page: Page,
  ) {
    this.panels = { catalogue: pieces.catalogue, settings: pieces.settings }
    this.dialog = new SaveDialog((text) => page.notices.say(text))
    const wordy = (name: Parameters<typeof icon>[0], text: string, title: string, run: () => void, props = {}) =>
      h("button", { type: "button", class: "bar-button", title, onclick: run, ...props }, icon(name), h("span", { text }))
    this.buttons = {
      catalogue: wordy("list", "Results", "List of results (r)", () => this.toggle("catalogue"), { "aria-expanded": "false" }),
      play: wordy("frames", "Play in time", "Play these results one after another, on one scale", () => page.play("chosen")),
      save: wordy("save", "Save", "Save a picture, a film or a mesh (e)", () => this.save(page, null)),
      theme: iconButton("moon", "Dark", () => page.store.set({ theme: page.theme() === "dark" ? "light" : "dark" })),
      settings: wordy("sliders", "Settings", "Settings (s)", () => this.toggle("settings"), { "aria-expanded": "false" }),
    }
    const help = iconButton("help", "Keys and gestures (?)", () => page.showHelp())
    const brand = h("h1", { class: "brand" }, h("span", { class: "mark", "aria-hidden": "true" }), "lossatlas")
    const bar = h(
      "header",
      { class: "top" },
      this.buttons.catalogue,
      brand,
      this.live,
      h("span", { class: "spring" }),
      this.renderer,
      this.buttons.play,
      this.buttons.save,
      help,
      this.buttons.theme,
      this.buttons.settings,
    )
    this.main = h(
      "main",
      { class: "main", "aria-label": "Results shown" },
      h("div", { class: "scene" }, ...pieces.stage, this.empty),
      pieces.foot,
    )
    this.veil.addEventListener("click", () => this.closePanels())
    this.root.replaceChildren(
      bar,
      h("div", { class: "middle" }, pieces.catalogue, this.main, pieces.settings, this.veil),
      ...pieces.around,
      this.dialog.element,
    )
    addEventListener("resize", this.reflect)
    addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !document.querySelector("dialog[open]") && this.narrow()) this.closePanels()
    })
  }

  /** On a narrow page a panel lies over the picture, and only one at a time. */
  private narrow(): boolean {
    return innerWidth < 900
  }

  toggle(name: PanelName, open = this.panels[name].hidden): void {
    const panel = this.panels[name]
    const left = !open && panel.contains(document.activeElement)
    panel.hidden = !open
    if (open && this.narrow()) this.panels[name === "catalogue" ? "settings" : "catalogue"].hidden = true
    this.reflect()
    if (left) this.buttons[name].focus()
    else if (open && this.narrow()) panel.querySelector<HTMLElement>(".icon-button")?.focus({ preventScroll: true })
  }

  /** On a narrow page the list goes when something is chosen from it. */
  afterChoice(): void {
    if (this.narrow()) this.closePanels()
  }

  private closePanels(): void {
    for (const name of ["catalogue", "settings"] as const) if (!this.panels[name].hidden) this.toggle(name, false)
  }

  /** What the buttons say of the panels; what lies under a sheet is out of reach. */
  private readonly reflect = (): void => {
    for (const name of ["catalogue", "settings"] as const)
      this.buttons[name].setAttribute("aria-expanded", String(!this.panels[name].hidden))
    this.veil.hidden = this.panels.catalogue.hidden && this.panels.settings.hidden
    this.main.inert = !this.veil.hidden && this.narrow()
  }

  save(page: Page, tile: Tile | null): void {
    this.dialog.open(page, tile)
  }

  connection(state: "open" | "lost" | null): void {
    this.live.hidden = state === null
    this.live.dataset.state = state ?? ""
    say(this.live.lastElementChild!, state === "lost" ? "connection lost, trying again" : "live")
  }

  /** A word on how pictures are made here, where that is not as it should be. */
  remark(remark: Remark | null): void {
    this.renderer.hidden = remark === null
    this.renderer.dataset.kind = remark?.kind ?? ""
    say(this.renderer, remark?.text ?? "")
    this.renderer.title = remark?.why ?? ""
  }

  show(page: Page, empty: Emptiness | null): void {
    const dark = page.theme() === "dark"
    setIcon(this.buttons.theme, dark ? "sun" : "moon", dark ? "Light (d)" : "Dark (d)")
    const { ids, series } = page.store.state
    this.buttons.play.hidden = series !== "" || ids.length < 2
    this.buttons.save.disabled = empty !== null
    this.empty.hidden = empty === null
    const key = JSON.stringify(empty)
    if (key === this.emptyKey) return
    this.emptyKey = key
    if (!empty) return this.empty.replaceChildren()
    const act = { retry: ["Try again", () => page.retry()], list: ["Show the list", () => page.search()] } as const
    this.empty.replaceChildren(
      h(
        "div",
        { class: "card" },
        empty.title === "Loading" ? h("span", { class: "spinner", "aria-hidden": "true" }) : icon("cube"),
        h("div", {}, h("h2", { text: empty.title }), prose(empty.text)),
        empty.action && h("button", { type: "button", class: "button", text: act[empty.action][0], onclick: act[empty.action][1] }),
      ),
    )
  }
}
