// @vitest-environment jsdom
import { beforeAll, describe, expect, it, vi } from "vitest"
import { LIGHT, textWidth } from "../chart/ink"
import { colorTable } from "../scale"
import type { Look, Shared } from "../contract"
import type { Document, Field, Numbers, Quantity, Sheet, Volume } from "../types"
import { beside, overlap, type Box } from "./beside"
import { draw, layoutOf, sceneOf } from "./draw"
import { gestures } from "./gestures"
import { makeFlat } from "./index"
import { lattice, sources } from "./lattice"
import { SvgPainter } from "./painter"
import { upTo } from "../track"
import { cutAt, planeOf, scalesOf } from "./plane"
import { cellEdges, interval, raster } from "./raster"
import { cellReadout, nearest, withError } from "./readout"
import { fit, fromX, fromY, moved, toX, toY, zoomed } from "./viewport"

const LOOK: Look = {
  height: "", color: "", scale: "auto", clip: null, map: "viridis", theme: "light", contours: true, floor: true, tracks: "true", time: 1,
  sheet: "", iso: 0.5, cutAxis: "z", cut: 0.5, mode: "auto", quality: "auto",
}
const NONE: Shared = { height: null, color: null, x: null, y: null }

function numbers(values: number[], shape: number[], dtype: "f4" | "f8" | "u1" = "f8"): Numbers {
  const bytes = new Uint8Array((dtype === "u1" ? Uint8Array : dtype === "f4" ? Float32Array : Float64Array).from(values).buffer)
  return { dtype, shape, data: btoa(String.fromCharCode(...bytes)) }
}

function quantity(name: string, values: number[], shape: number[], more: Partial<Quantity> = {}): Quantity {
  return { name, label: name, scale: "linear", center: null, low: null, high: null, values: numbers(values, shape), error: null,
    flag: false, ...more }
}

const [X, Y] = [[-1, -0.5, 0, 0.5, 1], [0, 1, 2]]
const LOSS = X.flatMap((x) => Y.map((y) => 1 + x * x + y))

function field(more: Partial<Field> = {}, sheet: Partial<Sheet> = {}): Field {
  const quantities = [
    quantity("loss", LOSS, [5, 3], { label: "loss (nats)", scale: "log", error: numbers(LOSS.map((v) => v / 100), [5, 3]) }),
    quantity("accuracy", LOSS.map((v) => 1 / v), [5, 3]), quantity("converged", LOSS.map((v) => Number(v > 2)), [5, 3], { flag: true }),
  ]
  return {
    x: { dim: "alpha", label: "α", values: numbers(X, [5]) }, y: { dim: "beta", label: "β", values: numbers(Y, [3]) },
    sheets: [{ name: "", quantities, done: numbers(LOSS.map(() => 1), [5, 3], "u1"), predicted: null, ...sheet }],
    quantity: "loss", equal: false, tracks: [], markers: [], ...more,
  }
}

function made(of: Partial<Document>): Document {
  const entry = { id: "a", title: "<script>run</script>", kind: "slice" as const, store: "", dims: "", revision: "1", done: 1, total: 1,
    live: false, error: null }
  return { entry, caption: "", facts: [], field: null, volume: null, figure: null, ...of }
}

const RUN = {
  name: "sgd", x: numbers([1, 0.5, 0], [3]), y: numbers([2, 1, 0], [3]), steps: numbers([0, 10, 20], [3]), off: numbers([0.5, 0.2, 0], [3]),
  quantities: [quantity("loss", [3, 2, 1], [3])], at_least: false,
}
const TRAINED = { name: "trained <b>point</b>", role: "trained" as const, x: 0, y: 0, z: null, values: [{ name: "loss", value: 1 }] }

function scene(document: Document, look: Partial<Look> = {}) {
  const plane = planeOf(document, { ...LOOK, ...look })!
  return sceneOf(plane, scalesOf(plane, { ...LOOK, ...look }, NONE), { ...LOOK, ...look }, { x: null, y: null })
}

function svg(document: Document, look: Partial<Look> = {}): string {
  const drawn = scene(document, look)
  const painter = new SvgPainter(600, 400, "t", (image) => `data:raster,${image.width}x${image.height}`)
  draw(painter, drawn, layoutOf(drawn, 600, 400), drawn.home, 1)
  return painter.toString()
}

describe("the lattice that is done", () => {
  it("is everything where all or nothing is done, else the rows and columns with most whole cells", () => {
    expect(lattice([1, 1, 1, 1], 2, 2)).toEqual({ rows: [0, 1], columns: [0, 1] })
    const done = new Uint8Array(25)
    for (const i of [0, 2, 4]) for (const j of [0, 2, 4]) done[i * 5 + j] = 1
    done[1 * 5 + 1] = 1
    expect(lattice(done, 5, 5)).toEqual({ rows: [0, 2, 4], columns: [0, 2, 4] })
  })

  it("is drawn as coarse cells, where finer ones are not done", () => {
    const done = new Uint8Array(25)
    for (const i of [0, 2, 4]) for (const j of [0, 2, 4]) done[i * 5 + j] = 1
    done[1 * 5 + 1] = 1
    const shown = sources(done, 5, 5)
    expect(shown[1 * 5 + 1]).toBe(6) // its own
    expect([...done].every((one, k) => !one || shown[k] === k)).toBe(true)
    expect([...shown].every((k) => k >= 0 && done[k] === 1)).toBe(true)
    expect([...sources([0, 0, 0, 0], 2, 2)]).toEqual([-1, -1, -1, -1])
  })
})

describe("an unfinished plane with lines", () => {
  const at = [0, 1, 2, 3, 4, 5, 6]
  const values = at.flatMap((x) => at.map((y) => 1 + x + y))
  const drawn = (done: number[]) => {
    const axis = (dim: string) => ({ dim, label: dim, values: numbers(at, [7]) })
    const sheets = [{ name: "", quantities: [quantity("loss", values, [7, 7])], done: numbers(done, [7, 7], "u1"), predicted: null }]
    return scene(made({ field: field({ x: axis("α"), y: axis("β"), sheets }) })).cells
  }
  const coarse = values.map((_, k) => Number(Math.floor(k / 7) % 2 === 1 && (k % 7) % 2 === 1))

  it("shows no less when more is done: facets of the coarse lattice stand until finer ones come", () => {
    const first = drawn(coarse)
    const more = drawn(coarse.map((one, k) => (k < 14 ? 1 : one))) // the first two rows of the finest lattice
    const shown = (cells: { places: ArrayLike<number> }) => Array.from(cells.places).map(Number.isFinite)
    expect(shown(first).filter(Boolean)).toHaveLength(25) // the 5 × 5 that the coarse points span
    expect(shown(first).every((one, k) => !one || shown(more)[k])).toBe(true)
    expect(first.places[2 * 7 + 2]).toBeCloseTo((first.places[1 * 7 + 1] + first.places[3 * 7 + 3]) / 2)
    expect([first.done[0], more.done[0]]).toEqual([0, 1])
  })
})

describe("pixels of a field", () => {
  const table = colorTable("viridis")
  const cells = { x: [0, 1], y: [0, 1], places: [0, NaN, 1, NaN], done: [1, 1, 1, 0], predicted: null }
  const window = { x0: -0.5, x1: 1.5, y0: -0.5, y1: 1.5 }
  const pixel = (of: { pixels: Uint8ClampedArray }, k: number) => [...of.pixels.slice(4 * k, 4 * k + 4)]

  it("have the colour of their cell, y upwards; holes are hatched and differ from what is missing", () => {
    const { pixels } = raster(cells, window, 2, 2, table, LIGHT, false)
    expect(pixel({ pixels }, 2)).toEqual([table[0], table[1], table[2], 255]) // below, left: x 0, y 0
    expect(pixel({ pixels }, 3)).toEqual([table[765], table[766], table[767], 255])
    expect(pixel({ pixels }, 0)).not.toEqual(pixel({ pixels }, 1))
    expect(pixel(raster(cells, window, 2, 2, table, null, false), 0)[3]).toBe(0)
  })

  it("are paler where values are predicted, and open beyond the grid", () => {
    const pale = raster({ ...cells, predicted: [1, 1, 1, 1] }, window, 2, 2, table, LIGHT, false)
    expect(pixel(pale, 2)[0]).toBe(Math.round((table[0] + 255) / 2))
    expect(pixel(raster(cells, { x0: 5, x1: 6, y0: 5, y1: 6 }, 1, 1, table, LIGHT, false), 0)[3]).toBe(0)
  })

  it("are interpolated between points where asked, and never over a hole", () => {
    const smooth = raster({ ...cells, places: [0, 0, 1, 1], done: [1, 1, 1, 1] }, { x0: 0, x1: 1, y0: 0, y1: 1 }, 3, 1, table, LIGHT, true)
    expect(pixel(smooth, 1).slice(0, 3)).toEqual([...table.slice(3 * 128, 3 * 129)])
    const open = raster(cells, { x0: 0, x1: 1, y0: 0, y1: 1 }, 3, 3, table, null, true)
    expect([...open.pixels].every((value) => value === 0)).toBe(true)
  })

  it("finds cells on a grid that is not uniform", () => {
    const edges = cellEdges([0, 1, 5])
    expect([...edges]).toEqual([-0.5, 0.5, 3, 7])
    expect([-1, -0.5, 0.6, 7, 8].map((value) => interval(edges, value))).toEqual([-1, 0, 1, 2, -1])
    expect([...cellEdges([3])]).toEqual([2.5, 3.5])
  })
})

describe("the window", () => {
  const home = { x0: 0, x1: 4, y0: 0, y1: 2 }
  const frame = { left: 10, top: 20, width: 400, height: 200 }
  it("maps there and back, has equal units where asked, and zooms around a place that stays", () => {
    expect([fromX(home, frame, toX(home, frame, 1.3)), fromY(home, frame, toY(home, frame, 0.7))]).toEqual([1.3, expect.closeTo(0.7)])
    expect(fit({ left: 0, top: 0, width: 300, height: 300 }, home, true)).toEqual({ left: 0, top: 75, width: 300, height: 150 })
    const closer = zoomed(home, home, 1, 1, 0.5)
    expect(closer).toEqual({ x0: 0.5, x1: 2.5, y0: 0.5, y1: 1.5 })
    expect(zoomed(closer, home, 1, 1, 100)).toEqual(home)
    expect(moved(closer, home, -9, 9)).toEqual({ x0: 0, x1: 2, y0: 1, y1: 2 })
  })
})

describe("a plane", () => {
  it("takes height and colour by name, and cuts volumes at the nearest layer", () => {
    const plane = planeOf(made({ field: field() }), { ...LOOK, height: "accuracy", color: "loss", scale: "log" })!
    expect([plane.height.name, plane.height.kind, plane.color.name]).toEqual(["accuracy", "log", "loss"])
    const values = Array.from({ length: 24 }, (_, k) => k)
    const axis = (n: number) => ({ dim: "d", label: `d${n}`, values: numbers(Array.from({ length: n }, (_, k) => k), [n]) })
    const volume: Volume = {
      x: axis(2), y: axis(3), z: axis(4), quantity: "loss", markers: [{ ...TRAINED, z: 0 }, { ...TRAINED, x: 1, y: 2, z: 3 }],
      sheets: [{ name: "test", quantities: [quantity("loss", values, [2, 3, 4])], done: numbers(values.map(() => 1), [2, 3, 4], "u1"),
        predicted: null }],
    }
    const cut = planeOf(made({ volume }), { ...LOOK, cutAxis: "z", cut: 1 })!
    expect(Array.from(cut.height.values)).toEqual([3, 7, 11, 15, 19, 23])
    expect([cut.name, cut.cut, cut.markers.length]).toEqual(["test", ["d4", "3"], 1])
    expect(cellReadout(cut, 1, 2, 5).lines.slice(0, 3)).toEqual([["d2", "1"], ["d3", "2"], ["d4", "3"]])
    expect(svg(made({ volume }), { cut: 1 })).toContain(">cut at d4 = 3<")
    expect(svg(made({ field: field() }))).not.toContain("cut at")
    const across = planeOf(made({ volume }), { ...LOOK, cutAxis: "x", cut: 0 })!
    expect(Array.from(across.height.values)).toEqual(values.slice(0, 12))
    expect([across.x.label, across.y.label]).toEqual(["d3", "d4"])
    expect(cutAt([0, 1, 10], 0.4)).toBe(1)
  })

  it("keeps the levels of its lines clear of the names of markers", () => {
    const at = Array.from({ length: 31 }, (_, k) => k / 15 - 1)
    const values = at.flatMap((x) => at.map((y) => Math.hypot(x, y)))
    const axis = { dim: "a", label: "a", values: numbers(at, [31]) }
    const sheets = [{ name: "", quantities: [quantity("loss", values, [31, 31])], done: numbers(values.map(() => 1), [31, 31], "u1"),
      predicted: null }]
    const written = (markers: Field["markers"]) => {
      const drawn = scene(made({ field: field({ x: axis, y: axis, sheets, equal: true, markers }) }))
      const painter = new SvgPainter(600, 600, "t", () => "")
      const texts = vi.spyOn(painter, "text")
      const layout = layoutOf(drawn, 600, 600)
      draw(painter, drawn, layout, drawn.home, 1)
      const levels = texts.mock.calls.filter(([, , text, { align, baseline }]) =>
        /^[01]/.test(text) && align === "middle" && baseline === "middle")
      return { texts: texts.mock.calls, levels, home: drawn.home, layout }
    }
    const { levels, home, layout } = written([])
    const name = "trained point, under a longer name"
    expect(levels.length).toBeGreaterThan(4)
    for (const [x, y] of levels) { // a marker whose name would stand over this level
      const at = { x: fromX(home, layout.frame, x - 110), y: fromY(home, layout.frame, y) }
      const now = written([{ ...TRAINED, ...at, name }])
      const [left, middle] = now.texts.find(([, , text]) => text === name)!
      const box: Box = [left, middle - 6, left + textWidth(name, 11), middle + 6]
      expect(now.levels.filter(([a, b]) => overlap(box, [a - 5, b - 5, a + 5, b + 5]))).toEqual([])
    }
  })

  it("has scales that are shared or its own, clipped, and none where nothing is positive", () => {
    const plane = planeOf(made({ field: field() }), LOOK)!
    expect(scalesOf(plane, LOOK, NONE).height).toMatchObject({ kind: "log", low: 1, high: 4 })
    expect(scalesOf(plane, { ...LOOK, clip: 2 }, { ...NONE, height: [0.5, 9] }).height).toMatchObject({ low: 0.5, high: 2 })
    const negative = field({}, { quantities: [quantity("loss", LOSS.map((v) => -v), [5, 3], { scale: "log" })] })
    expect(scalesOf(planeOf(made({ field: negative }), LOOK)!, LOOK, NONE).height).toBeNull()
  })

  it("reads out all quantities of a cell, points of tracks and markers", () => {
    const plane = planeOf(made({ field: field({ tracks: [RUN], markers: [TRAINED] }) }), LOOK)!
    expect(cellReadout(plane, 1, 2, 5).lines).toEqual([
      ["α", "−0.5"], ["β", "2"], ["loss (nats)", "3.25 ± 0.033"], ["accuracy", "0.3077"], ["converged", "yes"]])
    expect(cellReadout(plane, 1, 2, -1).lines[2]).toEqual(["loss (nats)", "not computed yet"])
    const same = (x: number, y: number): [number, number] => [100 * x, 100 * y]
    expect(nearest(plane, 1, 49, 101, same)!.readout.lines).toEqual([
      ["track", "sgd"], ["step", "10"], ["off the plane", "20\u00a0% of its distance"], ["loss", "2"]])
    expect(nearest(plane, 0.2, 49, 101, same)).toBeNull() // the run is not there yet
    expect(nearest(plane, 1, 0, 0, same)!.readout.lines[0]).toEqual(["point", "trained <b>point</b>"])
    expect(withError(0.34512, 0.01234)).toBe("0.3451 ± 0.012")
    expect(withError(NaN, 1)).toBe("not a number")
  })

  it("moves along a track in its steps", () => {
    const [way] = planeOf(made({ field: field({ tracks: [RUN] }) }), LOOK)!.ways
    expect(upTo(way, 0)).toEqual({ count: 1, x: 1, y: 2 })
    expect(upTo(way, 0.75)).toEqual({ count: 2, x: 0.25, y: 0.5 })
    expect(upTo(way, 1)).toEqual({ count: 3, x: 0, y: 0 })
  })
})

describe("the picture", () => {
  it("holds the field, labelled lines, axes, tracks and names, all text escaped", () => {
    const text = svg(made({ field: field({ tracks: [RUN], markers: [TRAINED] }) }))
    const root = new DOMParser().parseFromString(text, "image/svg+xml").documentElement
    expect(root.querySelectorAll("image").length).toBe(1)
    expect(root.querySelectorAll("path").length).toBeGreaterThan(12)
    const words = [...root.querySelectorAll("text")].map((element) => element.textContent)
    for (const word of ["α", "β", "trained <b>point</b>", "sgd, step 20; fuller: farther off the plane (up to 50 %)"]) expect(words).toContain(word)
    expect(text).not.toContain("<b>")
    expect(text).not.toContain("NaN")
  })

  it("tells holes from what is missing, and what is predicted", () => {
    const values = [...LOSS]
    values[4] = NaN
    const sheet = { quantities: [quantity("loss", values, [5, 3])], done: numbers(LOSS.map((_, k) => Number(k !== 10)), [5, 3], "u1"),
      predicted: numbers(LOSS.map((_, k) => k % 2), [5, 3], "u1") }
    const text = svg(made({ field: field({}, sheet) }), { contours: false })
    for (const words of ["not finite", "paler: predicted"]) expect(text).toContain(words)
    expect(text).not.toContain("not computed yet") // its coarse cell is there
    const nothing = svg(made({ field: field({}, { ...sheet, done: numbers(LOSS.map(() => 0), [5, 3], "u1") }) }))
    expect(nothing).toContain("not computed yet")
  })

  it("draws lines of the height over colours of another quantity", () => {
    const both = scene(made({ field: field() }), { color: "accuracy" })
    expect(both.lines.length).toBeGreaterThan(5)
    expect(both.cells.places[6]).toBeCloseTo(1, 6) // accuracy is highest where the loss is lowest: at x 0
    expect(scene(made({ field: field() }), { color: "converged" }).smooth).toBe(false)
  })

  it("places words apart", () => {
    const boxes: Box[] = [[95, 95, 105, 105], [195, 95, 205, 105]]
    const frame = { left: 0, top: 0, width: 300, height: 200 }
    beside(100, 100, 80, frame, boxes)
    beside(200, 100, 80, frame, boxes)
    const [a, b] = boxes.slice(2)
    expect(overlap(a, b) || boxes.slice(0, 2).some((box) => overlap(a, box) || overlap(b, box))).toBe(false)
  })
})

describe("the view", () => {
  beforeAll(() => {
    HTMLCanvasElement.prototype.getContext = (() => null) as never
  })

  it("says what it shows, listens to keys and lets go", () => {
    const onHover = vi.fn()
    const view = makeFlat({ onCamera: vi.fn(), onHover, onReady: vi.fn(), onFailed: vi.fn() })
    document.body.append(view.element)
    for (const side of ["clientWidth", "clientHeight"]) Object.defineProperty(view.element, side, { value: 400 })
    view.update(made({ field: field({ tracks: [RUN] }) }), LOOK, NONE)
    view.resize()
    expect(view.describe()).toContain("map of loss (nats) from 1 to 4 on a logarithmic scale, over α and β, 5 × 3 points.")
    expect(view.element.getAttribute("aria-label")).toBe(view.describe())
    view.element.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight" }))
    expect(onHover.mock.lastCall![0].lines.slice(0, 2)).toEqual([["α", "0"], ["β", "1"]])
    view.element.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight" }))
    expect(onHover.mock.lastCall![0].lines[0]).toEqual(["α", "0.5"])
    view.dispose()
    expect(document.body.contains(view.element)).toBe(false)
  })

  it("turns wheel, drag, two fingers and keys into wishes", () => {
    const element = document.createElement("div")
    const wishes = { hover: vi.fn(), pan: vi.fn(), zoom: vi.fn(), reset: vi.fn(), step: vi.fn() }
    const end = gestures(element, wishes)
    const touch = (name: string, pointerId: number, clientX: number) =>
      element.dispatchEvent(Object.assign(new MouseEvent(name, { clientX, clientY: 0 }), { pointerId, pointerType: "touch" }))
    touch("pointerdown", 1, 0)
    touch("pointermove", 1, 10)
    expect(wishes.pan).toHaveBeenLastCalledWith(10, 0)
    touch("pointerdown", 2, 110)
    touch("pointermove", 2, 210)
    expect(wishes.zoom).toHaveBeenLastCalledWith(110, 0, 0.5)
    element.dispatchEvent(new WheelEvent("wheel", { deltaY: 60, cancelable: true }))
    expect(wishes.zoom.mock.lastCall![2]).toBeGreaterThan(1)
    element.dispatchEvent(new MouseEvent("dblclick"))
    expect(wishes.reset).toHaveBeenCalledOnce()
    end()
    element.dispatchEvent(new MouseEvent("dblclick"))
    expect(wishes.reset).toHaveBeenCalledOnce()
  })
})
