/** Colours of everything that is not data, on light and dark ground; those of lines and stars are the charts'. */

import { inkOf, lineColor } from "../chart/ink"
import type { Color } from "./strokes"

export interface Theme {
  name: "light" | "dark"
  ink: string
  soft: string
  ground: string
  inkRgb: Color
  groundRgb: Color
  grid: Color
  pane: Color
  edge: Color
  hatch: Color
  unknown: Color
}

const rgb = (hex: string): Color => [0, 2, 4].map((k) => parseInt(hex.slice(1 + k, 3 + k), 16) / 255) as unknown as Color

function theme(
  name: "light" | "dark", ink: string, soft: string, ground: string, grid: string, pane: string, edge: string, hatch: string,
  unknown: string,
): Theme {
  return {
    name, ink, soft, ground,
    inkRgb: rgb(ink), groundRgb: rgb(ground), grid: rgb(grid), pane: rgb(pane), edge: rgb(edge), hatch: rgb(hatch), unknown: rgb(unknown),
  }
}

export const THEMES = {
  light: theme("light", "#1d2630", "#5b6672", "#ffffff", "#d5dbe1", "#f5f7f9", "#aab3bd", "#6b7682", "#b4bac1"),
  dark: theme("dark", "#e8ecf0", "#a3aeb9", "#14171c", "#2c333c", "#191d23", "#4a5560", "#8a95a1", "#5a636d"),
}

/** Of the k-th line over a surface, as in the charts. */
export const trackColor = (of: "light" | "dark", k: number): Color => rgb(lineColor(inkOf(of), k))

export const starColor = (of: "light" | "dark"): Color => rgb(inkOf(of).star)

export const css = (color: Color, alpha = 1): string => `rgba(${color.map((c) => Math.round(255 * c)).join(", ")}, ${alpha})`

export const mixed = (a: Color, b: Color, share: number): Color => [0, 1, 2].map((k) => a[k] + share * (b[k] - a[k])) as unknown as Color

/** The background that the element stands on, so that pictures and halos have it too. */
export function groundOf(element: Element, otherwise: string): string {
  for (let at: Element | null = element; at; at = at.parentElement) {
    const color = getComputedStyle(at).backgroundColor
    if (color && color !== "transparent" && !/^rgba\(.*, 0\)$/.test(color)) return color
  }
  return otherwise
}
