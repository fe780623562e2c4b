/**
 * What hands do on a flat picture: hover, drag, wheel, pinch, double click and keys, told as four wishes.
 *
 * Events are heard on one element; pointers are captured while they are down. Nothing here knows what is drawn.
 */

export interface Wishes {
  /** the pointer is here, in pixels of the element; null: it left */
  hover(at: { x: number; y: number } | null): void
  /** move the picture by so many pixels */
  pan(dx: number, dy: number): void
  /** show `factor` times as much around a place */
  zoom(x: number, y: number, factor: number): void
  reset(): void
  /** move the cross-hair by cells */
  step(dx: number, dy: number): void
}

/** Hear gestures; returns a function that ends it. */
export function gestures(element: HTMLElement, wishes: Wishes): () => void {
  const down = new Map<number, { x: number; y: number }>()
  const controller = new AbortController()
  const hear = <K extends keyof HTMLElementEventMap>(name: K, act: (event: HTMLElementEventMap[K]) => void, passive = true) =>
    element.addEventListener(name, act, { signal: controller.signal, passive })
  const at = (event: MouseEvent) => {
    const box = element.getBoundingClientRect()
    return { x: event.clientX - box.left, y: event.clientY - box.top }
  }
  const lift = (event: PointerEvent) => down.delete(event.pointerId)
  hear("pointerdown", (event) => {
    element.setPointerCapture?.(event.pointerId)
    down.set(event.pointerId, at(event))
    wishes.hover(at(event))
  })
  hear("pointermove", (event) => {
    const here = at(event)
    const before = down.get(event.pointerId)
    if (before && down.size === 1) wishes.pan(here.x - before.x, here.y - before.y)
    else if (before && down.size === 2) pinch(down, event.pointerId, here, wishes)
    if (before) down.set(event.pointerId, here)
    wishes.hover(down.size > 1 ? null : here)
  })
  hear("pointerup", lift)
  hear("pointercancel", lift)
  hear("pointerleave", (event) => {
    if (!down.has(event.pointerId) && event.pointerType === "mouse") wishes.hover(null)
  })
  hear("dblclick", () => wishes.reset())
  hear("wheel", (event) => {
    event.preventDefault()
    const lines = event.deltaMode === 1 ? 16 : 1
    const { x, y } = at(event)
    wishes.zoom(x, y, Math.exp(Math.max(-60, Math.min(60, event.deltaY * lines)) / 240))
  }, false)
  hear("keydown", (event) => key(event, element, wishes), false)
  hear("blur", () => wishes.hover(null))
  return () => controller.abort()
}

function pinch(down: Map<number, { x: number; y: number }>, moving: number, to: { x: number; y: number }, wishes: Wishes): void {
  const still = [...down].find(([id]) => id !== moving)?.[1]
  const from = down.get(moving)
  if (!still || !from) return
  const before = Math.hypot(from.x - still.x, from.y - still.y)
  const after = Math.hypot(to.x - still.x, to.y - still.y)
  if (before > 4 && after > 4) wishes.zoom((to.x + still.x) / 2, (to.y + still.y) / 2, before / after)
}

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1],
}

function key(event: KeyboardEvent, element: HTMLElement, wishes: Wishes): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return
  const arrow = ARROWS[event.key]
  if (arrow) wishes.step(arrow[0] * (event.shiftKey ? 5 : 1), arrow[1] * (event.shiftKey ? 5 : 1))
  else if (event.key === "+" || event.key === "=") wishes.zoom(element.clientWidth / 2, element.clientHeight / 2, 0.8)
  else if (event.key === "-") wishes.zoom(element.clientWidth / 2, element.clientHeight / 2, 1.25)
  else return
  event.preventDefault()
  event.stopPropagation()
}
