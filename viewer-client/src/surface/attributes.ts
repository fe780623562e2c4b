/**
 * What every vertex of a lattice carries to the shader: its place, its height and colour on their scales, and the slope there.
 *
 * Heights and colours travel in the units of their scale (the value, or its logarithm), so that ends, clip and colours are uniforms; values
 * that 32 bits do not hold travel as places between the ends. Between the points of a coarse lattice everything is bilinear on the scale;
 * slopes are central differences, one-sided beside holes.
 */

import type { Scale } from "../scale"
import { place } from "../scale"
import { FILLED, GOOD } from "../geometry/patches"
import type { Paint, Values } from "./reading"

/** Where a number of the shader lies on a scale: (number − offset) · factor. */
export interface Coded {
  numbers: Float32Array
  offset: number
  factor: number
}

/** The numbers of a quantity; 0 where it has no place. onto: the scale whose places the shader computes. */
export function code(values: Values, kind: "linear" | "log", onto: Scale): Coded {
  const numbers = new Float32Array(values.length)
  const wide = kind === "linear" && values instanceof Float64Array
  const to = wide ? (v: number) => place(onto, v) : kind === "log" ? Math.log : (v: number) => v
  for (let k = 0; k < numbers.length; k++) {
    const number = to(values[k])
    numbers[k] = Number.isFinite(number) ? number : 0
  }
  if (wide) return { numbers, offset: 0, factor: 1 }
  return { numbers, offset: to(onto.low), factor: 1 / (to(onto.high) - to(onto.low)) }
}

/** Whether every point has a colour, as 1 and 0. */
export function known(colors: Values, paint: Paint): Float32Array {
  const log = paint.scale?.kind === "log"
  return Float32Array.from(colors, (value) => (Number.isFinite(value) && (!log || value > 0) ? 1 : 0))
}

/** The slopes of numbers at the points of a lattice along x and y, shape (nx · ny, 2); x and y in box units. */
export function slopes(numbers: Float32Array, state: Uint8Array, x: Float32Array, y: Float32Array): Float32Array {
  const [nx, ny] = [x.length, y.length]
  const out = new Float32Array(2 * nx * ny)
  for (let i = 0, k = 0; i < nx; i++) {
    for (let j = 0; j < ny; j++, k++) {
      if (state[k] < GOOD) continue
      const [left, right] = [i > 0 && state[k - ny] >= GOOD ? 1 : 0, i < nx - 1 && state[k + ny] >= GOOD ? 1 : 0]
      const [front, back] = [j > 0 && state[k - 1] >= GOOD ? 1 : 0, j < ny - 1 && state[k + 1] >= GOOD ? 1 : 0]
      if (left + right) out[2 * k] = (numbers[k + right * ny] - numbers[k - left * ny]) / (x[i + right] - x[i - left])
      if (front + back) out[2 * k + 1] = (numbers[k + back] - numbers[k - front]) / (y[j + back] - y[j - front])
    }
  }
  return out
}

export interface Attributes {
  /** place in the lattice (i, j) and in the box (x, y), shape (n, 4) */
  at: Float32Array
  /** height, colour, 1 where filled in, 1 where the colour is known, shape (n, 4) */
  data: Float32Array
  /** shape (n, 2) */
  slope: Float32Array
}

export interface Points {
  x: Float32Array
  y: Float32Array
  state: Uint8Array
  heights: Float32Array
  colors: Float32Array
  known: Float32Array
}

/** Attributes of all vertices, where each cell is cut into parts × parts. */
export function attributes(points: Points, parts: number): Attributes {
  const { x, y, state } = points
  const [nx, ny] = [x.length, y.length]
  const slope = slopes(points.heights, state, x, y)
  const channel = (k: number, c: number) =>
    c === 0 ? points.heights[k] : c === 1 ? points.colors[k] : c === 2 ? (state[k] === FILLED ? 1 : 0) : points.known[k]
  const [rows, columns] = [(nx - 1) * parts + 1, (ny - 1) * parts + 1]
  const n = rows * columns
  const out = { at: new Float32Array(4 * n), data: new Float32Array(4 * n), slope: new Float32Array(2 * n) }
  for (let u = 0, at = 0; u < rows; u++) {
    const i = Math.min(Math.floor(u / parts), nx - 1)
    const f = (u - i * parts) / parts
    const down = f > 0 ? ny : 0
    for (let v = 0; v < columns; v++, at++) {
      const j = Math.min(Math.floor(v / parts), ny - 1)
      const g = (v - j * parts) / parts
      const k = i * ny + j
      const beside = g > 0 ? 1 : 0
      const mix = (a: number, b: number, c: number, d: number) => (1 - g) * (a + f * (b - a)) + g * (c + f * (d - c))
      out.at[4 * at] = u / parts
      out.at[4 * at + 1] = v / parts
      out.at[4 * at + 2] = down ? x[i] + f * (x[i + 1] - x[i]) : x[i]
      out.at[4 * at + 3] = beside ? y[j] + g * (y[j + 1] - y[j]) : y[j]
      for (let c = 0; c < 4; c++) {
        out.data[4 * at + c] = f + g === 0
          ? channel(k, c)
          : mix(channel(k, c), channel(k + down, c), channel(k + beside, c), channel(k + down + beside, c))
      }
      for (let c = 0; c < 2; c++) {
        const s = (of: number) => slope[2 * of + c]
        out.slope[2 * at + c] = f + g === 0 ? s(k) : mix(s(k), s(k + down), s(k + beside), s(k + down + beside))
      }
    }
  }
  return out
}
