/** A whole figure as SVG: panels, legends and, for the page, the layers that follow the pointer. */

import { SvgPainter } from "../flat/painter"
import type { Look, Shared } from "../contract"
import type { Document, Figure } from "../types"
import { axisKey, chartAxis, rangeOf } from "./axis"
import { inkOf, SIZE, type Ink } from "./ink"
import { isHidden, keyOf } from "./legend"
import { arrange, type Layout, type Place } from "./layout"
import { colorScale, mapOf, type Axes, type Ground } from "./marks"
import { clip, drawPanel, drawSign } from "./panel"

/** What a chart shows, and what its reader did to it. */
export interface Chart {
  document: Document
  figure: Figure
  look: Look
  shared: Shared
  layout: Layout
  /** ranges of zoomed axes, by their keys */
  zoom: Map<string, [number, number]>
  /** keys of marks that the legend switched off */
  hidden: Set<string>
}

/** The title of a figure, where the page does not say it already. */
export function titleOf(document: Document, figure: Figure): string {
  return figure.title === document.entry.title ? "" : figure.title
}

export function layoutOf(document: Document, figure: Figure, width: number, height: number): Layout {
  return arrange(figure, width, height, clip(titleOf(document, figure), width - 20, SIZE.title))
}

/** The axes of a panel: shared by tiles side by side, or as somebody zoomed them. */
export function axesOf(chart: Pick<Chart, "shared" | "zoom">, { panel, frame }: Place): Axes {
  const { shared, zoom } = chart
  const range = (side: "x" | "y") => (panel.z === null ? shared[side] : null) ?? rangeOf(panel, side)
  const axis = (side: "x" | "y") => chartAxis(panel[side], range(side), zoom.get(axisKey(panel[side], side)) ?? null)
  return { panel, frame, x: axis("x"), y: axis("y") }
}

function groundOf(chart: Chart, at: Place, painter: SvgPainter): Ground {
  const { z } = at.panel
  return { ...axesOf(chart, at), painter, z: z && colorScale(z), ink: inkOf(chart.look.theme), map: mapOf(z, chart.look.map) }
}

/** Draw everything; gives the signs of the legend by their keys, for the page to listen to. */
export function drawChart(painter: SvgPainter, chart: Chart): { key: string; label: string; element: SVGElement; hidden: boolean }[] {
  const { layout, look, figure, hidden } = chart
  const ink = inkOf(look.theme)
  if (layout.title) {
    painter.text(layout.width / 2, layout.title.y, layout.title.text,
      { size: SIZE.title, color: ink.text, align: "middle", baseline: "middle", bold: true })
  }
  const buttons: { key: string; label: string; element: SVGElement; hidden: boolean }[] = []
  for (const at of layout.places) {
    const shown = at.panel.marks.filter((mark) => !isHidden(mark, hidden, figure))
    drawPanel(groundOf(chart, at, painter), at, shown)
    for (const entry of at.legend) buttons.push(drawEntry(painter, chart, at, entry, ink))
  }
  return buttons
}

function drawEntry(
  painter: SvgPainter, chart: Chart, at: Place, entry: Place["legend"][number], ink: Ink,
): { key: string; label: string; element: SVGElement; hidden: boolean } {
  const mark = at.panel.marks[entry.mark]
  const key = keyOf(mark)
  const off = chart.hidden.has(key)
  const element = painter.group({ opacity: off ? 0.35 : undefined }, () => {
    drawSign(painter, mark, { ink }, entry.x, entry.y)
    const text = clip(entry.label, chart.layout.width - entry.x - 30, SIZE.legend)
    painter.text(entry.x + 26, entry.y, text, { size: SIZE.legend, color: ink.text, baseline: "middle" })
  })
  return { key, label: entry.label, element, hidden: off }
}
