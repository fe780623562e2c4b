/** Where a picture is taller than its tile: a button that says how many panels are out of sight below, and scrolls to the next of them. */

import type { Layout } from "./layout"

export interface Below {
  readonly element: HTMLElement
  /** look again: the picture, its tile, or what is scrolled to has changed */
  show(layout: Layout): void
}

/** The panels of which less than half is seen above this height. */
export function below(layout: Layout, bottom: number): Layout["places"] {
  return layout.places.filter(({ panel, frame }) => panel.marks.length > 0 && frame.top + frame.height / 2 > bottom)
}

export function makeBelow(scrolled: HTMLElement): Below {
  const button = document.createElement("button")
  button.type = "button"
  button.className = "chart-below"
  const element = document.createElement("div")
  element.className = "chart-foot"
  element.append(button)
  let hidden: Layout["places"] = []
  button.addEventListener("click", () => {
    if (hidden.length) scrolled.scrollTo({ top: hidden[0].titleAt - 20 })
  })
  for (const event of ["pointerdown", "dblclick"]) button.addEventListener(event, (of) => of.stopPropagation())
  return {
    element,
    show: (layout) => {
      hidden = below(layout, scrolled.scrollTop + scrolled.clientHeight)
      element.hidden = hidden.length === 0
      const words = `↓ ${hidden.length} more ${hidden.length === 1 ? "panel" : "panels"}`
      if (button.textContent !== words) button.textContent = words
    },
  }
}
