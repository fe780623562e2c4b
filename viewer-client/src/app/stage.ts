/** The tiles side by side, with what they have in common: cameras, axes, ranges, and one colour bar where they share it. */

import type { Camera } from "../contract"
import { barSvg } from "./colorbar"
import { h } from "./dom"
import type { Bar } from "./plan"
import type { Content, Host } from "./tile"
import { Tile } from "./tile"

export class Stage {
  readonly element = h("div", { class: "stage" })
  private readonly grid = h("div", { class: "tiles" })
  private readonly common = h("div", { class: "common-bar" })
  private tiles = new Map<string, Tile>()

  constructor(
    private readonly host: Host,
    private readonly linked: () => boolean,
  ) {
    this.element.append(this.grid, this.common)
  }

  /** In the order in which they stand. */
  all(): Tile[] {
    return [...this.tiles.values()]
  }

  /** Shows these, keeping the tiles whose key stays. */
  show(contents: readonly (Content & { key: string })[], flat: boolean): void {
    const bar = commonBar(contents)
    const before = this.tiles
    this.tiles = new Map(contents.map((content) => [content.key, before.get(content.key) ?? new Tile(this.host)]))
    for (const [key, tile] of before) if (!this.tiles.has(key)) tile.dispose()
    this.all().forEach((tile, k) => {
      const there = this.grid.children[k]
      if (there !== tile.element) this.grid.insertBefore(tile.element, there ?? null)
    })
    this.grid.dataset.count = String(contents.length)
    for (const content of contents) {
      const own = bar ? null : (content.plan?.bar ?? null)
      this.tiles.get(content.key)!.show({ ...content, bar: own }, flat)
    }
    const key = bar ? JSON.stringify(bar) : ""
    if (this.common.dataset.key !== key) {
      this.common.dataset.key = key
      this.common.replaceChildren(...(bar ? [barSvg(bar, 380)] : []))
    }
  }

  /** A camera moved in one tile: the others follow. */
  follow(from: Tile | null, camera: Camera): void {
    for (const tile of this.all()) if (tile !== from && (this.linked() || from === null)) tile.look(camera)
  }
}

/** The bar that stands for all tiles, where they have one in common. */
export function commonBar(contents: readonly Pick<Content, "plan">[]): Bar | null {
  const bars = contents.map(({ plan }) => plan?.bar).filter((bar): bar is Bar => Boolean(bar))
  return bars.length && bars.every((bar) => bar.key === bars[0].key) ? bars[0] : null
}
