/** Where a word beside a point goes: at the first of eight places where it covers least of other words and points, and is inside. */

import type { Frame } from "./viewport"

/** x0, y0, x1, y1 in pixels. */
export type Box = [number, number, number, number]

export function overlap(a: Box, b: Box): boolean {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

/** The left end and the middle line of a word of this width; its box is added to those that others keep clear of. */
export function beside(x: number, y: number, wide: number, frame: Frame, boxes: Box[]): { x: number; y: number } {
  const half = wide / 2
  const places = [[11, 0], [-11 - wide, 0], [-half, -16], [-half, 16], [8, -13], [8, 13], [-8 - wide, -13], [-8 - wide, 13]]
  const { left, top, width, height } = frame
  let best: { at: { x: number; y: number }; box: Box } = { at: { x: x + 11, y }, box: [x, y, x, y] }
  let least = Infinity
  for (const [dx, dy] of places) {
    const box: Box = [x + dx - 2, y + dy - 7, x + dx + wide + 2, y + dy + 7]
    const outside = box[0] < left || box[2] > left + width || box[1] < top || box[3] > top + height
    const cost = boxes.filter((other) => overlap(box, other)).length + (outside ? 3 : 0)
    if (cost < least) {
      least = cost
      best = { at: { x: x + dx, y: y + dy }, box }
    }
  }
  boxes.push(best.box)
  return best.at
}
