/**
 * Which sheet and which quantities of a result the settings mean, for the page's plan and for every view alike. Where a setting names what
 * the result does not have (another tile has it), the result's own choice is taken.
 */

import { decoded, sheetNamed } from "./arrays"
import type { Look } from "./contract"
import { makeScale, type Scale } from "./scale"
import type { Field, Quantity, Sheet, Volume } from "./types"

/** Colour by whether a point was evaluated or predicted. */
export const EVALUATED = "evaluated"

export type Source = Pick<Field | Volume, "sheets" | "quantity">
export type Wanted = Pick<Look, "sheet" | "height" | "color">

/** The sheet of this name, else the first; none where there are no sheets. */
export function sheetOf(source: Source, wanted: Pick<Wanted, "sheet">): Sheet | undefined {
  return sheetNamed(source.sheets, wanted.sheet)
}

/** The quantity that is the height. */
export function heightOf(source: Source, sheet: Sheet, wanted: Pick<Wanted, "height">): Quantity | undefined {
  const named = (name: string) => sheet.quantities.find((quantity) => quantity.name === name)
  return named(wanted.height) ?? named(source.quantity) ?? sheet.quantities[0]
}

/** The quantity that colours: the height unless another one is named; "evaluated" where the sheet knows what was predicted. */
export function colorOf(source: Source, sheet: Sheet, wanted: Wanted): Quantity | typeof EVALUATED | undefined {
  if (wanted.color === EVALUATED && sheet.predicted) return EVALUATED
  return sheet.quantities.find((quantity) => quantity.name === wanted.color) ?? heightOf(source, sheet, wanted)
}

/** 1 for evaluated and 0 for predicted points. */
export function evaluatedOf(predicted: NonNullable<Sheet["predicted"]>): Float32Array {
  return Float32Array.from(decoded(predicted), (one) => 1 - one)
}

/** The scale that a setting means for one quantity. */
export function ownKind(quantity: Pick<Quantity, "scale">, asked: Look["scale"]): "linear" | "log" {
  return asked === "auto" ? quantity.scale : asked
}

/** Where what is not and what is lie on the colour map. */
export function flagPlaces(name: string): [number, number] {
  return name === EVALUATED ? [0.22, 0.78] : [0, 1]
}

/** The scale on which 0 and 1 have these places. */
export function flagScale(name: string): Scale {
  const [off, on] = flagPlaces(name)
  return makeScale("linear", -off / (on - off), (1 - off) / (on - off))
}
