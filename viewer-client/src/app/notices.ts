/** Words that the page says by itself: short, closable, read out, and gone after a while unless they matter. */

import { h, icon, iconButton, prose } from "./dom"

const LASTS = 9000

export class Notices {
  readonly element = h("div", { class: "notices", role: "status", "aria-live": "polite" })
  private readonly standing = new Map<string, HTMLElement>()

  /** Said once; goes by itself. */
  say(text: string): void {
    const element = this.make(text)
    setTimeout(() => element.remove(), LASTS)
  }

  /** Stands until it is closed or taken back; one per key. */
  stand(key: string, text: string): void {
    if (this.standing.get(key)?.dataset.text === text) return
    this.takeBack(key)
    this.standing.set(key, this.make(text))
  }

  takeBack(key: string): void {
    this.standing.get(key)?.remove()
    this.standing.delete(key)
  }

  private make(text: string): HTMLElement {
    const element = h("div", { class: "notice", "data-text": text }, icon("info"), prose(text))
    element.append(iconButton("close", "Close this notice", () => element.remove()))
    this.element.append(element)
    while (this.element.children.length > 4) this.element.firstElementChild!.remove()
    return element
  }
}
