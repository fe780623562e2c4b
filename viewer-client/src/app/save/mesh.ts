/** Meshes as files: Wavefront OBJ with colours of vertices, and binary glTF 2.0 (registry.khronos.org/glTF/specs/2.0). */

import type { Mesh } from "../../contract"

/** Vertices as `v x y z r g b`, faces counted from 1. z points up. */
export function obj(mesh: Mesh, title: string): string {
  const { positions, colors, indices } = mesh
  const lines = [`# ${title.replace(/\s+/g, " ")}: by lossatlas`]
  const text = (value: number) => String(Number(value.toPrecision(7)))
  for (let k = 0; k < positions.length; k += 3) {
    const at = [positions[k], positions[k + 1], positions[k + 2]].map(text).join(" ")
    lines.push(`v ${at} ${[colors[k], colors[k + 1], colors[k + 2]].map((value) => value.toFixed(4)).join(" ")}`)
  }
  for (let k = 0; k < indices.length; k += 3) lines.push(`f ${indices[k] + 1} ${indices[k + 1] + 1} ${indices[k + 2] + 1}`)
  return `${lines.join("\n")}\n`
}

const [FLOAT, UNSIGNED_INT] = [5126, 5125]
const [VERTICES, ELEMENTS] = [34962, 34963]

/** One mesh with normals and colours in linear light, in a file of its own; turned so that y points up, as glTF has it. */
export function glb(mesh: Mesh, title: string): Uint8Array<ArrayBuffer> {
  const { positions, indices } = mesh
  const parts = [positions, normals(mesh), mesh.colors.map(linear), indices]
  const views = parts.map((part, k) => ({
    buffer: 0,
    byteOffset: parts.slice(0, k).reduce((sum, { byteLength }) => sum + byteLength, 0),
    byteLength: part.byteLength,
    target: k < 3 ? VERTICES : ELEMENTS,
  }))
  const count = positions.length / 3
  const vector = { componentType: FLOAT, count, type: "VEC3" }
  const json = {
    asset: { version: "2.0", generator: "lossatlas" },
    scene: 0,
    scenes: [{ nodes: [0] }],
    nodes: [{ name: title, mesh: 0, rotation: [-Math.SQRT1_2, 0, 0, Math.SQRT1_2] }],
    meshes: [{ name: title, primitives: [{ attributes: { POSITION: 0, NORMAL: 1, COLOR_0: 2 }, indices: 3, material: 0 }] }],
    materials: [{ pbrMetallicRoughness: { metallicFactor: 0, roughnessFactor: 0.85 }, doubleSided: true }],
    accessors: [
      { ...vector, bufferView: 0, ...bounds(positions) },
      { ...vector, bufferView: 1 },
      { ...vector, bufferView: 2 },
      { bufferView: 3, componentType: UNSIGNED_INT, count: indices.length, type: "SCALAR" },
    ],
    bufferViews: views,
    buffers: [{ byteLength: views[3].byteOffset + views[3].byteLength }],
  }
  return container(JSON.stringify(json), parts)
}

function bounds(positions: Float32Array): { min: number[]; max: number[] } {
  const [min, max] = [
    [Infinity, Infinity, Infinity],
    [-Infinity, -Infinity, -Infinity],
  ]
  positions.forEach((value, k) => {
    min[k % 3] = Math.min(min[k % 3], value)
    max[k % 3] = Math.max(max[k % 3], value)
  })
  return { min, max }
}

/** Of a colour on the screen (sRGB). */
function linear(value: number): number {
  return value <= 0.04045 ? value / 12.92 : Math.pow((value + 0.055) / 1.055, 2.4)
}

/** Of every vertex: the mean over its triangles, weighted by their areas. */
export function normals({ positions, indices }: Mesh): Float32Array {
  const out = new Float32Array(positions.length)
  for (let k = 0; k < indices.length; k += 3) {
    const [a, b, c] = [3 * indices[k], 3 * indices[k + 1], 3 * indices[k + 2]]
    const u = [0, 1, 2].map((i) => positions[b + i] - positions[a + i])
    const v = [0, 1, 2].map((i) => positions[c + i] - positions[a + i])
    const n = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]]
    for (const at of [a, b, c]) for (let i = 0; i < 3; i++) out[at + i] += n[i]
  }
  for (let k = 0; k < out.length; k += 3) {
    const length = Math.hypot(out[k], out[k + 1], out[k + 2])
    if (length > 0) for (let i = 0; i < 3; i++) out[k + i] /= length
    else out[k + 2] = 1 // a vertex of no triangle: up
  }
  return out
}

/** Header, JSON chunk padded by spaces, binary chunk; all little-endian, all multiples of four. */
function container(
  json: string,
  parts: readonly { buffer: ArrayBufferLike; byteOffset: number; byteLength: number }[],
): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(json)
  const padded = 4 * Math.ceil(text.length / 4)
  const size = parts.reduce((sum, { byteLength }) => sum + byteLength, 0)
  const out = new Uint8Array(12 + 8 + padded + 8 + size)
  const header = new DataView(out.buffer)
  const words = [0x46546c67, 2, out.length, padded, 0x4e4f534a]
  words.forEach((word, k) => header.setUint32(4 * k, word, true))
  out.fill(0x20, 20, 20 + padded)
  out.set(text, 20)
  header.setUint32(20 + padded, size, true)
  header.setUint32(24 + padded, 0x004e4942, true)
  let at = 28 + padded
  for (const part of parts) {
    out.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at)
    at += part.byteLength
  }
  return out
}
