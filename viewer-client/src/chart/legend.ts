/**
 * Which marks have words, and which marks a word stands for.
 *
 * A word of the legend belongs to marks of its colour and stroke in all panels: those that have the same word, or none, as in figures whose
 * panels share the legend of the last one.
 */

import type { Figure, Mark, Panel } from "../types"

/** The marks that have a word in the legend, by their numbers in the panel; equal words once. */
export function legendEntries(panel: Panel): { label: string; mark: number }[] {
  const seen = new Set<string>()
  return panel.marks.flatMap((mark, k) => {
    const label = labelOf(mark)
    if (!label || mark.mark === "Rule") return []
    const key = `${label}\n${lookOf(mark)}`
    if (seen.has(key)) return []
    seen.add(key)
    return [{ label, mark: k }]
  })
}

export function labelOf(mark: Mark): string {
  return "label" in mark ? mark.label : ""
}

/** What tells the looks of marks apart. */
function lookOf(mark: Mark): string {
  if (mark.mark === "Line") return `Line ${mark.color} ${mark.dash}`
  if (mark.mark === "Holes") return `Holes ${mark.why}`
  if (mark.mark === "Points") return `Points ${mark.marker} ${mark.color}`
  if (mark.mark === "Ticks" || mark.mark === "Bars") return `${mark.mark} ${mark.color} ${mark.filled}`
  return "color" in mark ? `${mark.mark} ${mark.color}` : mark.mark
}

/** The key under which a mark is hidden: its look and its word. */
export function keyOf(mark: Mark): string {
  return `${lookOf(mark)}\n${labelOf(mark)}`
}

/** Whether a mark is hidden: itself, or as one without a word whose like has one; a band goes with the line of its colour. */
export function isHidden(mark: Mark, hidden: ReadonlySet<string>, figure: Figure): boolean {
  if (!hidden.size) return false
  if (hidden.has(keyOf(mark))) return true
  const like = [...hidden].map((key) => key.split("\n")[0])
  if (!labelOf(mark) && like.includes(lookOf(mark))) return true
  if (mark.mark !== "Band") return false
  const lines = figure.panels.flatMap((panel) => panel.marks)
    .filter((other) => other.mark === "Line" && other.color === mark.color && labelOf(other))
  return lines.length > 0 && lines.every((line) => hidden.has(keyOf(line)))
}
