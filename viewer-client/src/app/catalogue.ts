/**
 * The list of results: in groups by store, found by words and kinds. A click shows a result, its plus puts it beside what is shown.
 * Rows are kept while the list changes, so that the keyboard's place in it is kept as well.
 */

import type { Entry } from "../types"
import { h, icon, say, setIcon } from "./dom"
import type { Series } from "./entries"
import { byStore, find, findSeries, progress } from "./entries"
import { MOST_TILES } from "./state"

export interface CatalogueHost {
  onShow(id: string): void
  onAdd(id: string): void
  onTakeAway(id: string): void
  onPlay(series: string): void
  onClose(): void
}

/** So many rows are drawn; the search finds the rest. */
const MOST_ROWS = 400

interface Row {
  element: HTMLElement
  update(entry: Entry, shown: boolean, full: boolean): void
}

export class CataloguePanel {
  readonly element: HTMLElement
  private readonly search = h("input", {
    type: "search",
    placeholder: "Search results",
    "aria-label": "Search results",
    spellcheck: "false",
  })
  private readonly chips = h("div", { class: "chips", role: "group", "aria-label": "Kinds" })
  private readonly list = h("div", { class: "catalogue-list" })
  private readonly count = h("span", { class: "count" })
  private readonly prompt = h("p", { class: "prompt", role: "status", hidden: true })
  private readonly rows = new Map<string, Row>()
  private readonly kinds = new Set<string>()
  private entries: readonly Entry[] = []
  private shown: readonly string[] = []
  private playing = ""

  constructor(private readonly host: CatalogueHost) {
    this.search.addEventListener("input", () => this.draw())
    this.search.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.list.querySelector<HTMLButtonElement>(".row-main")?.click()
    })
    const close = h(
      "button",
      { type: "button", class: "icon-button", "aria-label": "Close the list", title: "Close the list" },
      icon("close"),
    )
    close.addEventListener("click", () => host.onClose())
    const head = h("div", { class: "panel-head" }, h("h2", {}, "Results ", this.count), close)
    const tools = h(
      "div",
      { class: "catalogue-tools" },
      h("label", { class: "search" }, icon("search"), this.search),
      this.chips,
      this.prompt,
    )
    this.element = h("nav", { class: "panel catalogue", "aria-label": "Results" }, head, tools, this.list)
  }

  focusSearch(): void {
    this.search.focus()
    this.search.select()
  }

  /** Words over the list while a result is being replaced; empty: none. */
  ask(words: string): void {
    this.prompt.hidden = words === ""
    say(this.prompt, words)
  }

  /** `playing`: the key of the series that plays, or empty. */
  show(entries: readonly Entry[], shown: readonly string[], playing: string): void {
    if (entries === this.entries && playing === this.playing && shown.join("\n") === this.shown.join("\n")) return
    this.entries = entries
    this.shown = shown
    this.playing = playing
    this.draw()
  }

  private draw(): void {
    const [focused, top] = [document.activeElement, this.list.scrollTop]
    say(this.count, String(this.entries.length))
    this.drawChips()
    const found = find(this.entries, this.search.value, this.kinds)
    const groups: HTMLElement[] = []
    let left = MOST_ROWS
    for (const [store, of] of byStore(found)) {
      const rows = of.slice(0, Math.max(0, left)).map((entry) => this.row(entry))
      left -= rows.length
      if (rows.length) groups.push(this.group(store, of, rows))
    }
    const more = found.length - MOST_ROWS
    if (more > 0) groups.push(h("p", { class: "hint", text: `${more} more: search to find them` }))
    if (!found.length)
      groups.push(h("p", { class: "hint", text: this.entries.length ? "Nothing matches. Try fewer words." : "No results yet." }))
    this.list.replaceChildren(...groups)
    this.list.scrollTop = top
    // moving a row takes the keyboard from it
    if (focused instanceof HTMLElement && focused !== document.activeElement && this.list.contains(focused))
      focused.focus({ preventScroll: true })
    const ids = new Set(this.entries.map(({ id }) => id))
    for (const id of this.rows.keys()) if (!ids.has(id)) this.rows.delete(id)
  }

  private group(store: string, of: readonly Entry[], rows: HTMLElement[]): HTMLElement {
    const series = findSeries(of).map((item) => this.seriesRow(item))
    return h("section", { class: "group" }, h("h3", { text: store, title: store }), h("ul", { "aria-label": store }, ...series, ...rows))
  }

  private seriesRow({ key, title, entries }: Series): HTMLElement {
    const button = h("button", { type: "button", class: "row-main series" }, icon("play"))
    button.append(
      h(
        "span",
        { class: "row-text" },
        h("span", { class: "row-title", text: title }),
        h("span", { class: "row-sub", text: `play ${entries.length} in time` }),
      ),
    )
    button.addEventListener("click", () => this.host.onPlay(key))
    button.setAttribute("aria-current", String(key === this.playing))
    return h("li", { class: key === this.playing ? "row shown" : "row" }, button)
  }

  private row(entry: Entry): HTMLElement {
    let row = this.rows.get(entry.id)
    if (!row) this.rows.set(entry.id, (row = this.makeRow(entry.id)))
    row.update(entry, this.shown.includes(entry.id), this.shown.length >= MOST_TILES)
    return row.element
  }

  private makeRow(id: string): Row {
    const title = h("span", { class: "row-title" })
    const sub = h("span", { class: "row-sub" })
    const meter = h("span", { class: "row-meter", "aria-hidden": "true" }, h("span"))
    const main = h("button", { type: "button", class: "row-main" }, h("span", { class: "row-text" }, title, sub), meter)
    const add = h("button", { type: "button", class: "icon-button row-add" }, icon("plus"))
    const element = h("li", { class: "row" }, main, add)
    main.addEventListener("click", (event) => (event.shiftKey || event.metaKey || event.ctrlKey ? add.click() : this.host.onShow(id)))
    add.addEventListener("click", () => (this.shown.includes(id) ? this.host.onTakeAway(id) : this.host.onAdd(id)))
    const update = (entry: Entry, shown: boolean, full: boolean) => {
      say(title, entry.title)
      const state = progress(entry)
      say(sub, entry.error ? `cannot be shown: ${entry.error}` : [entry.kind, entry.dims, state].filter(Boolean).join(" · "))
      main.title = entry.error ?? entry.title
      main.setAttribute("aria-current", String(shown))
      element.classList.toggle("shown", shown)
      element.classList.toggle("wrong", entry.error !== null)
      element.classList.toggle("live", entry.live)
      const counted = entry.total > 0 && entry.done < entry.total
      meter.hidden = !counted
      if (counted) (meter.firstElementChild as HTMLElement).style.width = `${(100 * entry.done) / entry.total}%`
      setIcon(add, shown ? "close" : "plus", shown ? `Take ${entry.title} away` : `Show ${entry.title} beside the others`)
      add.disabled = !shown && full
    }
    return { element, update }
  }

  private drawChips(): void {
    const kinds = [...new Set(this.entries.map(({ kind }) => kind))].sort()
    const key = kinds.join()
    if (this.chips.dataset.key === key) return
    this.chips.dataset.key = key
    this.chips.hidden = kinds.length < 2
    this.chips.replaceChildren(
      ...kinds.map((kind) => {
        const chip = h("button", { type: "button", class: "chip", "aria-pressed": String(this.kinds.has(kind)), text: kind })
        chip.addEventListener("click", () => {
          if (!this.kinds.delete(kind)) this.kinds.add(kind)
          chip.setAttribute("aria-pressed", String(this.kinds.has(kind)))
          this.draw()
        })
        return chip
      }),
    )
  }
}
