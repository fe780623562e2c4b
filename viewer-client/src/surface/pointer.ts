/** The pointer over a picture in 3-D: what lies under it is asked for once per frame, and not while a hand turns the picture. */

export interface Hovering {
  /** the pointer rests here, in pixels of the element */
  hover(x: number, y: number): void
  /** it left, or a button is held */
  leave(): void
}

/** Listens to an element; returns a function that ends it. */
export function listen(element: HTMLElement, { hover, leave }: Hovering): () => void {
  let asked = 0
  const forget = () => {
    if (asked) cancelAnimationFrame(asked)
    asked = 0
  }
  const onMove = (event: PointerEvent): void => {
    const rect = element.getBoundingClientRect()
    const [x, y] = [event.clientX - rect.left, event.clientY - rect.top]
    const pressed = event.buttons !== 0
    forget()
    asked = requestAnimationFrame(() => {
      asked = 0
      if (pressed) leave()
      else hover(x, y)
    })
  }
  const onLeave = (): void => {
    forget()
    leave()
  }
  element.addEventListener("pointermove", onMove)
  element.addEventListener("pointerleave", onLeave)
  return () => {
    forget()
    element.removeEventListener("pointermove", onMove)
    element.removeEventListener("pointerleave", onLeave)
  }
}

/** A ring around a place in the picture. */
export function ring(context: CanvasRenderingContext2D, at: readonly [number, number]): void {
  for (const [color, width] of [["#ffffff", 4], ["#111111", 1.8]] as const) {
    Object.assign(context, { strokeStyle: color, lineWidth: width })
    context.beginPath()
    context.arc(...at, 5.5, 0, 2 * Math.PI)
    context.stroke()
  }
}
