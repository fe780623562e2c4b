/** A figure in words, for a person who does not see it. */

import { short } from "../scale"
import type { LineMark, Panel } from "../types"
import { rangeOf } from "./axis"
import type { Chart } from "./draw"
import { numbersOf } from "./ink"

export function describe({ document, figure }: Chart): string {
  const panels = figure.panels.filter((panel) => panel.marks.length)
  const head = figure.title && figure.title !== document.entry.title ? `${document.entry.title}, ${figure.title}` : document.entry.title
  const said = panels.slice(0, 6).map(ofPanel)
  const more = panels.length > 6 ? ` And ${panels.length - 6} more panels.` : ""
  return `${head}: ${said.join(" ")}${more}`
}

function ofPanel(panel: Panel): string {
  const [low, high] = extent(panel)
  const title = panel.title ? `${panel.title}: ` : ""
  if (panel.z) {
    const values = panel.z.limits ? ` from ${short(panel.z.limits[0])} to ${short(panel.z.limits[1])}` : ""
    const over = panel.x.label || panel.y.label ? ` over ${panel.x.label || "x"} and ${panel.y.label || "y"}` : ""
    return `${title}${panel.z.label || "values"}${values}${over}.`
  }
  const curves = panel.marks.filter((mark): mark is LineMark => mark.mark === "Line")
  const ends = curves.length === 1 ? ofCurve(curves[0]) : curves.length ? `, ${curves.length} curves` : ""
  const x = panel.x.label ? ` against ${panel.x.label} from ${short(low)} to ${short(high)}` : ""
  return `${title}${panel.y.label || "values"}${x}${ends}.`
}

/** From where to where curves go; of a panel without any, its axis. */
function extent(panel: Panel): [number, number] {
  const x = panel.marks.flatMap((mark) => (mark.mark === "Line" ? Array.from(numbersOf(mark.x)) : [])).filter(Number.isFinite)
  return x.length ? [x.reduce((a, b) => Math.min(a, b)), x.reduce((a, b) => Math.max(a, b))] : rangeOf(panel, "x")
}

function ofCurve(mark: LineMark): string {
  const y = Array.from(numbersOf(mark.y)).filter(Number.isFinite)
  if (!y.length) return ", no values"
  return `, from ${short(y[0])} to ${short(y[y.length - 1])}, lowest ${short(Math.min(...y))}, highest ${short(Math.max(...y))}`
}
