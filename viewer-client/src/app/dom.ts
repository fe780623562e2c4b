/** Elements without a framework: made by name, with text that stays text. */

type Child = Node | string | null | undefined | false
type Props = Record<string, unknown>

/** An element: `class`, `text`, `on…` functions and properties go where they belong, all else is an attribute. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue
    if (key === "text") element.textContent = String(value)
    else if (key.startsWith("on") && typeof value === "function") element.addEventListener(key.slice(2), value as EventListener)
    else element.setAttribute(key, value === true ? "" : String(value))
  }
  element.append(...children.filter((child): child is Node | string => child !== null && child !== undefined && child !== false))
  return element
}

const SVG = "http://www.w3.org/2000/svg"

export function svg<K extends keyof SVGElementTagNameMap>(tag: K, props: Props = {}, ...children: Child[]): SVGElementTagNameMap[K] {
  const element = document.createElementNS(SVG, tag)
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue
    if (key === "text") element.textContent = String(value)
    else element.setAttribute(key, String(value))
  }
  element.append(...children.filter((child): child is Node | string => child !== null && child !== undefined && child !== false))
  return element
}

/** Lines of 16 × 16 icons. */
const ICONS = {
  list: "M2.5 4h11M2.5 8h11M2.5 12h7",
  sliders: "M2.5 5h6M12.5 5h1M2.5 11h1M7.5 11h6M10.5 3v4M5.5 9v4",
  close: "M4 4l8 8M12 4l-8 8",
  plus: "M8 3.5v9M3.5 8h9",
  info: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 7.3v3.6M8 5.1v.1",
  left: "M9.5 4L5.5 8l4 4",
  right: "M6.5 4l4 4-4 4",
  swap: "M3 6h9.5M10 3.5L12.5 6 10 8.5M13 10.5H3.5M6 8L3.5 10.5 6 13",
  save: "M8 2.5v7M5 7l3 3 3-3M3 11v2.5h10V11",
  help: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM6.2 6.4a1.8 1.8 0 1 1 2.6 1.6c-.5.3-.8.6-.8 1.2M8 11.2v.1",
  sun:
    "M8 10.7a2.7 2.7 0 1 0 0-5.4 2.7 2.7 0 0 0 0 5.4ZM8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3" +
    "M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9",
  moon: "M13.2 9.6A5.6 5.6 0 0 1 6.4 2.8a5.6 5.6 0 1 0 6.8 6.8Z",
  auto: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 2v12M8 4.5h4.6M8 8h6M8 11.5h4.6",
  play: "M5 3.2v9.6l7.6-4.8Z",
  pause: "M5.3 3.5v9M10.7 3.5v9",
  first: "M4 3.5v9M12 3.5L6.5 8l5.5 4.5Z",
  next: "M12 3.5v9M4 3.5L9.5 8 4 12.5Z",
  loop: "M3 8a4 4 0 0 1 4-4h5.5M10.5 2l2 2-2 2M13 8a4 4 0 0 1-4 4H3.5M5.5 14l-2-2 2-2",
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10ZM10.7 10.7l3 3",
  warn: "M8 2.5l6 10.8H2ZM8 6.8v3M8 11.6v.1",
  frames: "M2.5 5.5h8v8h-8ZM5 5.5V3h8.5v8.5h-3",
  cube: "M8 1.8l5.4 3.1v6.2L8 14.2l-5.4-3.1V4.9ZM8 8l5.4-3.1M8 8v6.2M8 8L2.6 4.9",
  link: "M6.5 9.5l3-3M7 4.7l1.5-1.5a2.9 2.9 0 0 1 4.1 4.1L11.1 8.8M9 11.3l-1.5 1.5a2.9 2.9 0 0 1-4.1-4.1l1.5-1.5",
} as const

export type IconName = keyof typeof ICONS

export function icon(name: IconName): SVGSVGElement {
  const filled = name === "play"
  return svg(
    "svg",
    { viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true", focusable: "false" },
    svg("path", { d: ICONS[name], class: filled ? "fill" : "" }),
  )
}

/** A button that shows an icon, and is named for those who do not see it. */
export function iconButton(name: IconName, label: string, onclick: () => void, props: Props = {}): HTMLButtonElement {
  return h("button", { type: "button", class: "icon-button", "aria-label": label, title: label, onclick, ...props }, icon(name))
}

export function setIcon(button: HTMLElement, name: IconName, label: string): void {
  if (button.dataset.icon === name && button.title === label) return
  button.dataset.icon = name
  button.setAttribute("aria-label", label)
  button.title = label
  button.querySelector("svg")?.replaceWith(icon(name))
}

/** Sets text only where it differs, so that nothing is laid out again for nothing. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text
}

/** Runs a function once in the next frame, however often it is asked for. */
export function oncePerFrame(run: () => unknown): () => void {
  let asked = false
  return () => {
    if (asked) return
    asked = true
    const go = () => {
      asked = false
      run()
    }
    // a hidden page gets no frames, yet its words should be right
    if (document.visibilityState === "hidden") setTimeout(go, 250)
    else requestAnimationFrame(go)
  }
}

/** Words with what stands between backquotes as code. */
export function prose(text: string): HTMLElement {
  return h("p", {}, ...text.split("`").map((part, k) => (k % 2 ? h("code", { text: part }) : part)))
}
