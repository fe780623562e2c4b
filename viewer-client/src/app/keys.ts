/** Keyboard shortcuts, and the sheet that lists them. What is typed into a field, and keys that a focused view takes, are left alone. */

import { h, iconButton } from "./dom"

export interface Shortcut {
  keys: string[]
  /** as they are written in the sheet */
  shown: string[]
  text: string
  run(): void
}

export interface Group {
  title: string
  shortcuts: Shortcut[]
}

function takesText(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.isContentEditable || target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement) return true
  return target instanceof HTMLInputElement && !isSlider(target) && !["checkbox", "radio", "button"].includes(target.type)
}

function isSlider(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement && target.type === "range"
}

/** Runs the shortcut of a key, unless it belongs to somebody else. Returns a function that ends it. */
export function listen(groups: readonly Group[], open: () => boolean): () => void {
  const all = new Map(groups.flatMap(({ shortcuts }) => shortcuts.flatMap((item) => item.keys.map((key) => [key, item] as const))))
  const onKey = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || open() || takesText(event.target)) return
    const target = event.target
    // a focused button or radio is pressed by the space bar, and radios move by arrows
    const presses = event.key === " " || event.key === "Enter"
    if (presses && target instanceof HTMLElement && !isSlider(target) && target.closest("button, a, label, input, summary")) return
    if (event.key.startsWith("Arrow") && target !== document.body) return
    const item = all.get(event.key)
    if (!item) return
    event.preventDefault()
    item.run()
  }
  addEventListener("keydown", onKey)
  return () => removeEventListener("keydown", onKey)
}

/** The help sheet. */
export function helpSheet(groups: readonly Group[]): HTMLDialogElement {
  const dialog = h("dialog", { class: "sheet help", "aria-labelledby": "help-title" })
  const head = h("div", { class: "panel-head" }, h("h2", { id: "help-title", text: "Keys and gestures" }))
  head.append(iconButton("close", "Close", () => dialog.close()))
  const lists = groups.map(({ title, shortcuts }) =>
    h(
      "section",
      {},
      h("h3", { text: title }),
      h(
        "dl",
        {},
        ...shortcuts.map(({ shown, text }) => h("div", {}, h("dt", {}, ...shown.map((key) => h("kbd", { text: key }))), h("dd", { text }))),
      ),
    ),
  )
  dialog.append(head, h("div", { class: "help-columns" }, ...lists))
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close()
  })
  return dialog
}
