/** Arrays that travelled as base64 of little-endian numbers. */

import type { Loose, Numbers, Sheet } from "./types"

/** The numbers of an array, in C order. Every machine that runs a browser is little-endian. */
export function decode(numbers: Numbers): Float32Array | Float64Array | Uint8Array {
  const text = atob(numbers.data)
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
  const array = numbers.dtype === "f4" ? new Float32Array(bytes.buffer) : numbers.dtype === "f8" ? new Float64Array(bytes.buffer) : bytes
  const count = numbers.shape.reduce((product, n) => product * n, 1)
  if (array.length !== count) throw new Error(`an array of shape ${numbers.shape.join(" × ")} came with ${array.length} numbers`)
  return array
}

const kept = new WeakMap<Numbers, ReturnType<typeof decode>>()

/** The same, decoded when it is first asked for, and kept as long as what travelled. */
export function decoded(numbers: Numbers): ReturnType<typeof decode> {
  let values = kept.get(numbers)
  if (!values) kept.set(numbers, (values = decode(numbers)))
  return values
}

/** The sheet of this name, else the first. */
export function sheetNamed(sheets: readonly Sheet[], name: string): Sheet | undefined {
  return sheets.find((sheet) => sheet.name === name) ?? sheets[0]
}

/** A number of a figure as a number. */
export function number(value: Loose): number {
  return typeof value === "number" ? value : value === "NaN" ? NaN : value === "Infinity" ? Infinity : -Infinity
}
