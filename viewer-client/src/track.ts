/** How far along a track the time slider is, and how far off the plane its points lie, in the words of every view. */

import { short } from "./scale"

export interface Track {
  name: string
  x: ArrayLike<number>
  y: ArrayLike<number>
  steps: ArrayLike<number> | null
  /** distances from the plane, as shares of those from its origin */
  off: ArrayLike<number> | null
  /** these are the least that they can be */
  atLeast: boolean
}

/** A track up to a share of its steps: how many of its points, and where the moving end is. */
export function upTo(track: Pick<Track, "x" | "y" | "steps">, time: number): { count: number; x: number; y: number } {
  const { x, y, steps } = track
  const n = x.length
  if (!n) return { count: 0, x: NaN, y: NaN }
  const at = (k: number) => (steps ? steps[k] : k)
  const until = at(0) + Math.min(1, Math.max(0, time)) * (at(n - 1) - at(0))
  let count = 1
  while (count < n && at(count) <= until + 1e-9 * Math.abs(until)) count++
  if (count === n) return { count, x: x[n - 1], y: y[n - 1] }
  const share = (until - at(count - 1)) / (at(count) - at(count - 1))
  const part = (values: ArrayLike<number>) => values[count - 1] + share * (values[count] - values[count - 1])
  return { count, x: part(x), y: part(y) }
}

/** The step that a share of the time is. */
export function stepAt(steps: ArrayLike<number>, time: number): number {
  const [first, last] = [steps[0], steps[steps.length - 1]]
  return Math.floor(first + time * (last - first))
}

/** How far off the plane its k-th point is: "12 %", "at least 12 %"; empty where that is not known. */
export function offWords({ off, atLeast }: Pick<Track, "off" | "atLeast">, k: number): string {
  if (!off || !Number.isFinite(off[k])) return ""
  return `${atLeast && off[k] > 0 ? "at least " : ""}${short(100 * off[k], 2)}\u00a0%`
}

/** A track in the legend: its name, the step that it has come to and, unless in brief, what the fill of its points means. */
export function trackWords(track: Track, time: number, brief = false): string {
  const { name, steps, off, atLeast } = track
  const words = [name || "run", steps?.length ? `step ${short(stepAt(steps, time), 6)}` : ""].filter(Boolean).join(", ")
  let far = 0
  for (let k = 0; off && k < off.length; k++) if (off[k] > far && off[k] < Infinity) far = off[k]
  return far > 0 && !brief ? `${words}; fuller: farther off the plane (${atLeast ? "at least " : "up to "}${short(100 * far, 2)} %)` : words
}
