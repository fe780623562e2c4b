// @vitest-environment jsdom
import { GIFEncoder, quantize } from "gifenc"
import { describe, expect, it } from "vitest"
import type { Mesh, View } from "../../contract"
import { makeScale } from "../../scale"
import { fileName } from "./dialog"
import { addFrame } from "./film"
import { glb, normals, obj } from "./mesh"
import type { Plate, Sheet } from "./picture"
import { drawSheet, layOut, wrap } from "./picture"
import { turned } from "./reel"

const measure = (text: string) => 6 * text.length

/** Two triangles of a unit square that rises in x. */
const MESH: Mesh = {
  positions: Float32Array.from([0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1]),
  colors: Float32Array.from([0, 0, 0, 1, 1, 1, 0.5, 0.5, 0.5, 1, 0, 0]),
  indices: Uint32Array.from([0, 1, 2, 1, 3, 2]),
}

describe("meshes", () => {
  it("are OBJ with colours, faces counted from one", () => {
    const lines = obj(MESH, "a\nb").trim().split("\n")
    expect(lines[0]).toBe("# a b: by lossatlas")
    expect(lines[2]).toBe("v 1 0 1 1.0000 1.0000 1.0000")
    expect(lines.filter((line) => line.startsWith("f"))).toEqual(["f 1 2 3", "f 2 4 3"])
  })

  it("have normals across their faces", () => {
    const n = normals(MESH)
    for (let k = 0; k < 4; k++) {
      expect(n[3 * k]).toBeCloseTo(-Math.SQRT1_2)
      expect(n[3 * k + 1]).toBeCloseTo(0)
      expect(n[3 * k + 2]).toBeCloseTo(Math.SQRT1_2)
    }
  })

  it("are glTF whose chunks, views and bounds hold what they say", () => {
    const bytes = glb(MESH, "wide ü")
    const view = new DataView(bytes.buffer)
    expect([view.getUint32(0, true), view.getUint32(4, true), view.getUint32(8, true)]).toEqual([0x46546c67, 2, bytes.length])
    const length = view.getUint32(12, true)
    expect(length % 4).toBe(0)
    const json = JSON.parse(new TextDecoder().decode(bytes.subarray(20, 20 + length)))
    expect(json.nodes[0].name).toBe("wide ü")
    expect(json.buffers[0].byteLength).toBe(view.getUint32(20 + length, true))
    expect(20 + length + 8 + json.buffers[0].byteLength).toBe(bytes.length)
    expect(json.accessors[0]).toMatchObject({ count: 4, min: [0, 0, 0], max: [1, 1, 1] })
    const at = (k: number) => 28 + length + json.bufferViews[k].byteOffset
    const floats = (k: number) => [...new Float32Array(bytes.slice(at(k), at(k) + json.bufferViews[k].byteLength).buffer)]
    expect(floats(0)).toEqual([...MESH.positions])
    expect(floats(2)[6]).toBeCloseTo(0.214) // half of the screen's light is a fifth of the lamp's
    expect([...new Uint32Array(bytes.slice(at(3), at(3) + 24).buffer)]).toEqual([...MESH.indices])
    // the node's turn takes z up to y up: (0, 0, 1) -> (0, 1, 0)
    const [x, y, z, w] = json.nodes[0].rotation
    expect([2 * (x * z + y * w), 2 * (y * z - x * w), 1 - 2 * (x * x + y * y)].map((v) => Math.round(v) + 0)).toEqual([0, 1, 0])
  })
})

describe("films", () => {
  it("become a GIF with their size, their frames and their time", () => {
    const [width, height] = [4, 2]
    const frame = (r: number) => Uint8ClampedArray.from({ length: 4 * width * height }, (_, k) => [r, 80, 160, 255][k % 4])
    const palette = quantize(Uint8ClampedArray.from([...frame(0), ...frame(255)]), 256)
    const stream = GIFEncoder()
    addFrame(stream, frame(0), width, height, palette, palette, 0.25)
    addFrame(stream, frame(255), width, height, null, palette, 0.25)
    stream.finish()
    const bytes = stream.bytes()
    expect(new TextDecoder().decode(bytes.subarray(0, 6))).toBe("GIF89a")
    expect([bytes[6] + 256 * bytes[7], bytes[8] + 256 * bytes[9]]).toEqual([width, height])
    const delays: number[] = []
    for (let k = 0; k < bytes.length - 8; k++)
      if (bytes[k] === 0x21 && bytes[k + 1] === 0xf9 && bytes[k + 2] === 4) delays.push(bytes[k + 4])
    expect(delays).toEqual([25, 25])
    expect(bytes.at(-1)).toBe(0x3b)
  })

  it("turn the camera once around", () => {
    expect(turned(-58, 0)).toBe(-58)
    expect(turned(100, 0.5)).toBe(-80)
    expect(turned(10, 1)).toBe(10)
  })
})

function plate(title: string, svg?: string): Plate {
  const view = { svg: svg === undefined ? undefined : () => svg } as unknown as View
  return { title, caption: "three words here", view, bar: null, width: 300, height: 200 }
}

function sheet(plates: Plate[], bar = false): Sheet {
  const common = { key: "loss", label: "loss", scale: makeScale("log", 0.1, 10), pair: null, map: "viridis" as const, clipped: false }
  return { plates, bar: bar ? common : null, ground: "#fff", ink: "#111", muted: "#666", captions: true }
}

describe("sheets", () => {
  it("put two side by side with one bar below, and nothing over anything else", () => {
    const out = layOut(sheet([plate("a"), plate("b")], true), measure)
    const [a, b] = out.pictures
    expect(a.y).toBe(b.y)
    expect(b.x).toBeGreaterThanOrEqual(a.x + a.width)
    expect(out.bars).toHaveLength(1)
    expect(out.bars[0].y).toBeGreaterThan(a.y + a.height + 16)
    expect(out.bars[0].y + 46).toBeLessThanOrEqual(out.height)
    for (const { x, y } of out.texts) {
      expect(y < a.y || y > a.y + a.height).toBe(true)
      expect(x).toBeLessThan(out.width)
    }
  })

  it("wrap captions into lines that fit", () => {
    const lines = wrap("one two three four five six seven", 60, measure, 2)
    expect(lines).toHaveLength(2)
    expect(lines[1].endsWith("…")).toBe(true)
    for (const line of lines) expect(measure(line)).toBeLessThanOrEqual(60)
    expect(wrap("", 60, measure, 2)).toEqual([])
  })

  it("are SVG with each picture in its place, ids apart and text escaped", () => {
    const inner =
      '<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20"><defs><clipPath id="c"/></defs><g clip-path="url(#c)"/></svg>'
    const text = drawSheet(sheet([plate("<b>&", inner), plate("b", inner)], true), measure)!
    const parsed = new DOMParser().parseFromString(text, "image/svg+xml")
    expect(parsed.querySelector("parsererror")).toBeNull()
    const ids = [...parsed.querySelectorAll("[id]")].map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    const pictures = parsed.querySelectorAll("svg > svg[viewBox='0 0 30 20']")
    expect(pictures).toHaveLength(2)
    expect(pictures[1].querySelector("g")!.getAttribute("clip-path")).toBe(`url(#${pictures[1].querySelector("clipPath")!.id})`)
    expect(text).toContain("&lt;b&gt;&amp;")
    expect(text).toContain("loss, log scale")
  })

  it("are not SVG where a picture is solid", () => {
    expect(drawSheet(sheet([plate("a", "<svg/>"), plate("b")]), measure)).toBeNull()
  })
})

describe("names of files", () => {
  it("hold nothing that a system refuses", () => {
    expect(fileName(["demo.zarr/<script>", "b:c"], "png")).toBe("demo.zarr-script- and b-c.png")
    expect(fileName(["../.."], "svg")).toBe("lossatlas.svg")
  })
})
