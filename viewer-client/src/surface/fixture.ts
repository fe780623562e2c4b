/** Small documents for tests. */

import type { Look, Shared } from "../contract"
import type { Field, Numbers, Quantity } from "../types"

export function numbers(values: ArrayLike<number>, dtype: "f4" | "f8" | "u1" = "f4", shape: number[] = [values.length]): Numbers {
  const array = dtype === "f4" ? Float32Array.from(values) : dtype === "f8" ? Float64Array.from(values) : Uint8Array.from(values)
  const bytes = new Uint8Array(array.buffer)
  return { dtype, shape, data: btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")) }
}

export function quantity(name: string, values: ArrayLike<number>, more: Partial<Quantity> = {}): Quantity {
  const finite = Array.from(values).filter((value) => Number.isFinite(value) && (more.scale !== "log" || value > 0))
  const [low, high] = finite.length ? [Math.min(...finite), Math.max(...finite)] : [null, null]
  return { name, label: name, scale: "linear", center: null, low, high, values: numbers(values), error: null, flag: false, ...more }
}

type More = Partial<Field> & { done?: number[]; predicted?: number[] }

export function field(x: number[], y: number[], quantities: Quantity[], more: More = {}): Field {
  const { done, predicted, ...rest } = more
  const n = x.length * y.length
  const sheet = {
    name: "", quantities, done: numbers(done ?? new Array(n).fill(1), "u1"), predicted: predicted ? numbers(predicted, "u1") : null,
  }
  return {
    x: { dim: "alpha", label: "α", values: numbers(x, "f8") }, y: { dim: "beta", label: "β", values: numbers(y, "f8") },
    sheets: [sheet], quantity: quantities[0].name, equal: false, tracks: [], markers: [], ...rest,
  }
}

export const LOOK: Look = {
  height: "", color: "", scale: "auto", clip: null, map: "viridis", theme: "light", contours: true, floor: true, tracks: "true", time: 1,
  sheet: "", iso: 0.5, cutAxis: "z", cut: 0.5, mode: "auto", quality: "auto",
}

export const ALONE: Shared = { height: null, color: null, x: null, y: null }

export function spread(n: number, low: number, high: number): number[] {
  return Array.from({ length: n }, (_, k) => low + ((high - low) * k) / (n - 1))
}

/** The same numbers in every run (mulberry32). */
export function random(seed: number): () => number {
  let a = seed
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
