/** Words over a picture, on a 2-D canvas: with a halo, turned along a line, and never one over another. */

export interface Words {
  size?: number
  weight?: number
  color: string
  /** around the letters, so that they are read over anything */
  halo?: string
  align?: "left" | "center" | "right"
  /** turned by this angle, radians clockwise */
  angle?: number
  /** written even where something is written already */
  always?: boolean
}

export interface Pen {
  readonly context: CanvasRenderingContext2D
  readonly width: number
  readonly height: number
  /** Write centred on y; false where there was no room. */
  write(text: string, x: number, y: number, words: Words): boolean
  /** keep a rectangle free of words */
  keep(x: number, y: number, width: number, height: number): void
}

interface Taken {
  x0: number
  y0: number
  x1: number
  y1: number
}

const FAMILY = 'system-ui, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif'

export function pen(context: CanvasRenderingContext2D, width: number, height: number): Pen {
  const taken: Taken[] = []
  const free = (r: Taken) => taken.every((t) => r.x1 < t.x0 || r.x0 > t.x1 || r.y1 < t.y0 || r.y0 > t.y1)
  return {
    context,
    width,
    height,
    keep: (x, y, w, h) => taken.push({ x0: x, y0: y, x1: x + w, y1: y + h }),
    write(text, x, y, words) {
      const size = words.size ?? 11
      context.font = `${words.weight ?? 400} ${size}px ${FAMILY}`
      const length = context.measureText(text).width
      const angle = words.angle ?? 0
      const left = words.align === "left" ? 0 : words.align === "right" ? -length : -length / 2
      const middle = left + length / 2
      const [cx, cy] = [x + middle * Math.cos(angle), y + middle * Math.sin(angle)]
      const half = [
        Math.abs((length / 2) * Math.cos(angle)) + Math.abs((size / 2) * Math.sin(angle)) + 2,
        Math.abs((length / 2) * Math.sin(angle)) + Math.abs((size / 2) * Math.cos(angle)) + 1,
      ]
      const box = { x0: cx - half[0], y0: cy - half[1], x1: cx + half[0], y1: cy + half[1] }
      if (!words.always && (!free(box) || box.x0 < 0 || box.y0 < 0 || box.x1 > width || box.y1 > height)) return false
      taken.push(box)
      context.save()
      context.translate(x, y)
      context.rotate(angle)
      context.textAlign = "left"
      context.textBaseline = "middle"
      if (words.halo) {
        context.lineJoin = "round"
        context.lineWidth = 3
        context.strokeStyle = words.halo
        context.strokeText(text, left, 0.5)
      }
      context.fillStyle = words.color
      context.fillText(text, left, 0.5)
      context.restore()
      return true
    },
  }
}
