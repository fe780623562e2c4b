/**
 * Colours, sizes and letters of everything that is drawn in two dimensions, in a light and in a dark theme.
 *
 * Lines have the palette of Okabe and Ito, which all eyes tell apart; in the dark theme its black is white and its blues are lighter, so
 * that each keeps its contrast. Widths of words are estimated from their letters, the same on every machine, so that layouts can be tested.
 */

import { OKABE_ITO } from "../colormaps"
import type { Loose } from "../types"

export interface Ink {
  paper: string
  text: string
  faint: string
  axis: string
  grid: string
  lines: readonly string[]
  star: string
  /** under words and lines over a field */
  halo: string
  hole: { bad: [string, string]; missing: [string, string]; doubtful: [string, string] }
  veil: string
}

export const LIGHT: Ink = {
  paper: "#ffffff",
  text: "#1d2630",
  faint: "#56616d",
  axis: "#3d434c",
  grid: "#e6e8ec",
  lines: OKABE_ITO,
  star: OKABE_ITO[1],
  halo: "#ffffff",
  hole: { bad: ["#d1d1d1", "#595959"], missing: ["#f3f4f6", "#b4b9c2"], doubtful: ["rgba(255,255,255,0.35)", "#000000"] },
  veil: "#e9ebee",
}

export const DARK: Ink = {
  paper: "#0f1318",
  text: "#e8ecf0",
  faint: "#a3aeb9",
  axis: "#a3aeb9",
  grid: "#232b33",
  lines: ["#3b9fe3", "#f07a26", "#16c294", "#e095c0", "#9bd6f7", "#f2b93b", "#f2f3f5"],
  star: "#ff8a3d",
  halo: "#0f1318",
  hole: { bad: ["#3a3f47", "#9aa3b0"], missing: ["#1d2127", "#555d69"], doubtful: ["rgba(15,19,24,0.35)", "#e8eaee"] },
  veil: "#23282f",
}

export const FONT = "Inter, ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
export const SIZE = { tick: 11, label: 12.5, title: 13, legend: 11.5, word: 11 }

export function inkOf(theme: "light" | "dark"): Ink {
  return theme === "dark" ? DARK : LIGHT
}

/** The k-th colour for lines. */
export function lineColor(ink: Ink, k: number): string {
  return ink.lines[((k % ink.lines.length) + ink.lines.length) % ink.lines.length]
}

/** About how wide a word is, in pixels. */
export function textWidth(text: string, size: number): number {
  let em = 0
  for (const letter of text) {
    em += /[ijl.,:;|!'’()[\]]/.test(letter) ? 0.3 : /[mwMW@%]/.test(letter) ? 0.87 : /[A-ZΑ-Ω0-9+=−–<>·]/.test(letter) ? 0.63
      : /[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]/.test(letter) ? 0.42 : letter === " " ? 0.3 : 0.56
  }
  return em * size
}

/** A colour between two, each "#rrggbb"; share 0 is the first. */
export function mix(from: string, to: string, share: number): string {
  const at = (text: string, k: number) => parseInt(text.slice(1 + 2 * k, 3 + 2 * k), 16)
  const hex = [0, 1, 2].map((k) => Math.round(at(from, k) + share * (at(to, k) - at(from, k))).toString(16).padStart(2, "0"))
  return `#${hex.join("")}`
}

/** A list of a figure's numbers as numbers. */
export function numbersOf(values: readonly Loose[]): Float64Array {
  return Float64Array.from(values, (value) =>
    typeof value === "number" ? value : value === "NaN" ? NaN : value === "Infinity" ? Infinity : -Infinity)
}
