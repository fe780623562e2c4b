// @vitest-environment jsdom
import { describe, expect, it, vi } from "vitest"
import type { Look, Shared } from "../contract"
import type { Axis, Document, Figure, LineMark, Mark, Panel, PointsMark } from "../types"
import { axisTicks, chartAxis, rangeOf } from "./axis"
import { makeChart } from "./index"
import { mix, textWidth } from "./ink"
import { arrange } from "./layout"
import { isHidden, keyOf, legendEntries } from "./legend"
import { thinned } from "./marks"
import { clip, wrapped } from "./panel"
import { nearestStop, read, stopsOf } from "./reading"

const LOOK: Look = {
  height: "", color: "", scale: "auto", clip: null, map: "viridis", theme: "light", contours: true, floor: true, tracks: "true", time: 1,
  sheet: "", iso: 0.5, cutAxis: "z", cut: 0.5, mode: "auto", quality: "auto",
}
const NONE: Shared = { height: null, color: null, x: null, y: null }

function axis(more: Partial<Axis> = {}): Axis {
  return { label: "", scale: "linear", limits: null, ticks: [], tick_labels: [], threshold: null, center: null, ...more }
}

function line(more: Partial<LineMark> = {}): LineMark {
  return { mark: "Line", x: [0, 1, 2], y: [1, 10, 100], label: "", color: 0, dash: "solid", width: 1.5, ...more }
}

function points(more: Partial<PointsMark> = {}): PointsMark {
  return { mark: "Points", x: [1], y: [10], z: null, shade: null, texts: [], label: "", marker: "dot", joined: false, color: null, ...more }
}

function panel(marks: Mark[], more: Partial<Panel> = {}): Panel {
  return { marks, x: axis({ label: "step", limits: [0, 2] }), y: axis({ label: "loss", scale: "log", limits: [1, 100] }), z: null,
    title: "", equal: false, span: 1, ...more }
}

function figure(panels: Panel[], columns = 1): Figure {
  return { panels, title: "a figure", caption: "", columns }
}

function made(of: Figure): Document {
  const entry = { id: "a", title: "<img src=x>", kind: "scan" as const, store: "", dims: "", revision: "1", done: 1, total: 1, live: false,
    error: null }
  return { entry, caption: "", facts: [], field: null, volume: null, figure: of }
}

function shown(of: Figure, width = 600, height = 400, look: Partial<Look> = {}) {
  const callbacks = { onCamera: vi.fn(), onHover: vi.fn(), onReady: vi.fn(), onFailed: vi.fn() }
  const view = makeChart(callbacks)
  for (const [side, value] of [["clientWidth", width], ["clientHeight", height]] as const) Object.defineProperty(view.element, side,
    { value })
  document.body.append(view.element)
  view.update(made(of), { ...LOOK, ...look }, NONE)
  view.resize()
  const words = () => [...view.element.querySelectorAll("text")].map((element) => element.textContent)
  const key = (name: string, more: KeyboardEventInit = {}) => view.element.dispatchEvent(new KeyboardEvent("keydown",
    { key: name, bubbles: true, ...more }))
  return { view, callbacks, words, key }
}

describe("axes", () => {
  it("are linear, logarithmic, or symlog without a kink, and go both ways", () => {
    const log = chartAxis(axis({ scale: "log" }), [1, 100], null)
    expect([log.at(10), log.at(-1), log.value(0.5)]).toEqual([0.5, NaN, expect.closeTo(10)])
    const both = chartAxis(axis({ scale: "symlog", threshold: 1 }), [-10, 10], null)
    for (const value of [-10, -2, -0.5, 0, 0.3, 1, 7]) expect(both.value(both.at(value))).toBeCloseTo(value, 9)
    const slope = (value: number) => (both.at(value + 1e-6) - both.at(value - 1e-6)) / 2e-6
    expect(slope(1.001) / slope(0.999)).toBeCloseTo(1, 2)
    const down = chartAxis(axis(), [2.5, -0.5], null)
    expect([down.at(2.5), down.at(-0.5)]).toEqual([expect.closeTo(0), 1])
  })

  it("keep hand-set ticks while they are seen, and round ones take their place closer up", () => {
    const of = axis({ limits: [0, 10], ticks: [0, 5, 10], tick_labels: ["zero", "five", "ten"] })
    expect(axisTicks(chartAxis(of, [0, 10], null), 5).map((tick) => tick.label)).toEqual(["zero", "five", "ten"])
    const plain = axis({ limits: [0, 10], ticks: [0, 5, 10], tick_labels: ["0", "5", "10"] })
    expect(axisTicks(chartAxis(plain, [0, 10], [4, 6]), 4).map((tick) => tick.label)).toEqual(["4", "4.5", "5", "5.5", "6"])
    expect(axisTicks(chartAxis(axis({ ticks: [1], tick_labels: [""] }), [0, 2], null), 5)).toEqual([])
    const near = axisTicks(chartAxis(axis(), [1.00001, 1.00003], null), 4).map((tick) => tick.label)
    expect(new Set(near).size).toBe(near.length)
  })

  it("range over what is drawn, without what has no place", () => {
    const of = panel([line({ y: [-1, 10, "Infinity"] })], { y: axis({ scale: "log" }) })
    expect(rangeOf(of, "y")).toEqual([5, 20])
    expect(rangeOf(panel([], { y: axis() }), "y")).toEqual([0, 1])
  })
})

describe("layout", () => {
  const four = figure(["a", "b", "c", "d"].map((title) => panel([line()], { title })), 2)

  it("has the columns of the figure where there is room, and stacks panels on a phone", () => {
    const wide = arrange(four, 900, 600, "")
    expect(wide.places[0].frame.top).toBe(wide.places[1].frame.top)
    expect(wide.places[0].frame.left).toBe(wide.places[2].frame.left)
    expect(wide.height).toBeCloseTo(600, 6)
    const phone = arrange(four, 360, 500, "")
    const tops = phone.places.map((place) => place.frame.top)
    expect([...tops].sort((a, b) => a - b)).toEqual(tops)
    expect(new Set(tops).size).toBe(4)
    expect(phone.height).toBeGreaterThan(500) // it scrolls
    for (const { frame } of phone.places) expect(frame.left + frame.width).toBeLessThanOrEqual(360)
  })

  it("keeps panels beside each other in a small tile where they would be out of sight otherwise, but not on a phone", () => {
    const plane = panel([points()], { equal: true, y: axis({ limits: [0, 2] }) })
    const three = figure([plane, panel([line()]), panel([line()], { y: axis() })], 3)
    const tile = arrange(three, 640, 300, "a title")
    expect(tile.height).toBeLessThanOrEqual(300)
    expect(new Set(tile.places.map((place) => place.frame.top)).size).toBe(1)
    for (const { frame } of tile.places) expect(frame.left + frame.width).toBeLessThanOrEqual(640)
    const ends = tile.places.map(({ frame, titleRoom }) => [-0.5, 0.5].map((side) => frame.left + frame.width / 2 + side * titleRoom))
    expect(ends.flat()).toEqual([...ends.flat()].sort((a, b) => a - b)) // no title over its neighbour
    expect([ends[0][0] >= 0, ends[2][1] <= 640]).toEqual([true, true])
    const phone = arrange(three, 470, 300, "")
    expect([phone.height > 300, new Set(phone.places.map((place) => place.frame.top)).size]).toEqual([true, 3])
  })

  it("lets panels span columns, and keeps the numbers of x for the lowest of a stack", () => {
    const spans = figure([panel([line()], { span: 2 }), panel([]), panel([line()]), panel([line()])], 2)
    const [first, second, third] = arrange(spans, 900, 600, "").places
    expect(first.frame.left + first.frame.width).toBeCloseTo(third.frame.left + third.frame.width, 6)
    expect(second.frame.width).toBeLessThan(first.frame.width)
    expect(arrange(figure([panel([line()]), panel([line()])]), 600, 400, "").places.map((place) => place.xShown)).toEqual([false, true])
  })

  it("gives equal units to planes that ask for them", () => {
    const square = panel([points()], { equal: true, x: axis({ limits: [0, 2] }), y: axis({ limits: [0, 1] }) })
    const { frame } = arrange(figure([square]), 600, 900, "").places[0]
    expect(frame.width / frame.height).toBeCloseTo(2, 9)
  })

  it("cuts and wraps words to their room", () => {
    expect(clip("a long name", 30, 11).endsWith("…")).toBe(true)
    expect(textWidth(clip("a long name", 30, 11), 11)).toBeLessThanOrEqual(30)
    expect(wrapped("norm of the gradient", 60, 12)).toHaveLength(2)
    expect(mix("#ffffff", "#000000", 0.5)).toBe("#808080")
  })
})

describe("reading", () => {
  const two = panel([line({ label: "path" }), line({ x: [0, 2], y: [5, 50], color: 1, label: "line" }), points({ texts: ["peak"] })])
  const of = figure([two])
  const toPixels = (x: number, y: number): [number, number] => [100 * x, 100 - 50 * Math.log10(y)]
  const nothing = new Set<string>()
  const back = (px: number, py: number): [number, number] => [px / 100, Math.pow(10, (100 - py) / 50)]

  it("stops where curves have values, and at points that are close", () => {
    const stops = stopsOf(two, nothing, of)
    expect(stops.filter((stop) => stop.kind === "x").map((stop) => stop.x)).toEqual([0, 1, 2])
    expect(nearestStop(stops, two, 140, 10, toPixels, back)).toEqual({ kind: "x", x: 1 })
    expect(nearestStop(stops, two, 104, 48, toPixels, back)).toMatchObject({ kind: "point", x: 1, y: 10 })
  })

  it("reads all curves at a stop, each at its own points", () => {
    const apart = (a: number, b: number) => 100 * Math.abs(a - b)
    const at = (x: number) => read(two, { kind: "x", x }, nothing, of, apart).lines
    expect(at(0)).toEqual([["step", "0"], ["loss, path", "1"], ["loss, line", "5"]])
    expect(at(1)).toEqual([["step", "1"], ["loss, path", "10"]])
    expect(read(two, { kind: "point", mark: 2, at: 0, x: 1, y: 10 }, nothing, of, apart).lines[0]).toEqual(["point", "peak"])
  })

  it("reads cells by the names of their row and column", () => {
    const names = axis({ limits: [-0.5, 1.5], ticks: [0, 1], tick_labels: ["a", "b"] })
    const cells = panel([{ mark: "Heatmap", x: [0, 1], y: [0, 1], z: [[1, 2], [3, "NaN"]] }],
      { x: names, y: names, z: axis({ label: "distance", limits: [1, 3] }) })
    const stop = nearestStop(stopsOf(cells, nothing, figure([cells])), cells, 0, 0, () => [500, 500], () => [1.2, -0.2])
    expect(stop).toMatchObject({ kind: "cell", i: 1, j: 0 })
    expect(read(cells, stop!, nothing, of, () => 0).lines).toEqual([["column", "b"], ["row", "a"], ["distance", "3"]])
  })

  it("breaks nothing where a curve has holes", () => {
    const holes = panel([line({ y: [1, "NaN", 100] })])
    expect(stopsOf(holes, nothing, figure([holes])).map((stop) => stop.x)).toEqual([0, 2])
  })
})

describe("the legend", () => {
  it("names each look once, and a word hides its like in panels without words", () => {
    const band: Mark = { mark: "Band", x: [0], low: [0], high: [1], label: "", color: 0 }
    const upper = panel([line(), band])
    const lower = panel([line({ label: "sgd" }), line({ label: "sgd" }), line({ label: "adam", color: 1 })])
    const of = figure([upper, lower])
    expect(legendEntries(lower).map((entry) => entry.label)).toEqual(["sgd", "adam"])
    const hidden = new Set([keyOf(lower.marks[0])])
    expect([...upper.marks, ...lower.marks].map((mark) => isHidden(mark, hidden, of))).toEqual([true, true, true, true, false])
  })
})

describe("long curves", () => {
  it("keep their ends, lows and highs in every half pixel", () => {
    const many = Float64Array.from({ length: 20000 }, (_, k) => (k % 2 ? Math.sin(k) : (k / 20000) * 100))
    const kept = thinned(many, 100)
    expect(kept.length).toBeLessThan(2 * 4 * 201)
    const heights = (of: ArrayLike<number>) => Array.from(of).filter((_, k) => k % 2)
    expect(Math.max(...heights(kept))).toBe(Math.max(...heights(many)))
    expect(Math.min(...heights(kept))).toBe(Math.min(...heights(many)))
  })
})

describe("the view", () => {
  const curves = figure([panel([line({ label: "sgd" }), line({ label: "<b>adam</b>", color: 1, y: [2, 20, 50] })]),
    panel([line()], { y: axis({ label: "norm" }) })])

  it("draws all kinds of marks, with texts as texts", () => {
    const everything: Mark[] = [
      { mark: "Veil", x: [0, 1], mask: [true, false], y: null, label: "predicted" },
        { mark: "Holes", x: [0, 2], mask: [false, true], y: null, label: "bad", why: "bad" },
      { mark: "Band", x: [0, 1, 2], low: [0, 5, "NaN"], high: [2, 20, 200], label: "error", color: 0 }, line({ label: "<b>curve</b>" }),
      { mark: "Ticks", x: [1, 2], y: [10, 20], base: 0, low: [0.9, 1.9], high: ["Infinity", 2.1], of: "x", label: "eigenvalue", color: 1,
        filled: false },
      ...(["star", "dot", "speck", "ring", "step", "trace", "word"] as const).map((marker) => points({ marker, texts: ["here"],
        joined: true })),
      { mark: "Rule", at: 1, label: "spike", across: "x" }, { mark: "Rule", at: 1.02, label: "unstable", across: "x" },
        { mark: "Rule", at: 10, label: "limit", across: "y" },
    ]
    const bars: Mark = { mark: "Bars", x: [1, -2], y: [0, 1], low: [0, -3], high: [2, -1], label: "layers", color: 2, filled: false }
    const { view, words } = shown(figure([panel(everything),
      panel([bars], { y: axis({ limits: [1.5, -0.5], ticks: [0, 1], tick_labels: ["conv1", "fc"] }), x: axis() })]))
    for (const word of ["<b>curve</b>", "spike", "unstable", "limit", "eigenvalue", "conv1", "fc", "here",
      "a figure"]) expect(words()).toContain(word)
    const [spike, unstable] = ["spike", "unstable"].map((word) => [...view.element.querySelectorAll("text")].find((element) => element.textContent === word)!)
    expect(spike.getAttribute("y")).not.toBe(unstable.getAttribute("y"))
    expect(view.element.querySelector("b")).toBeNull()
    const saved = view.svg!()
    expect(new DOMParser().parseFromString(saved, "image/svg+xml").querySelector("parsererror")).toBeNull()
    expect(saved).not.toMatch(/NaN|Infinity|style=|class=/)
    view.dispose()
  })

  it("draws cells as boxes, named rows and columns, and words in them", () => {
    const names = axis({ limits: [-0.5, 1.5], ticks: [0, 1], tick_labels: ["seed 0", "seed 1"] })
    const cells: Mark = { mark: "Heatmap", x: [0, 1], y: [0, 1], z: [[1, 2], [3, "NaN"]] }
    const written = points({ x: [0, 1], y: [0, 0], z: [1, 3], texts: ["1", "3"], marker: "word" })
    vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue({ putImageData() {} } as never)
    vi.spyOn(HTMLCanvasElement.prototype, "toDataURL").mockReturnValue("data:image/png;base64,")
    vi.stubGlobal("ImageData", class {})
    const { view, words } = shown(figure([panel([cells, written],
      { x: names, y: { ...names, limits: [1.5, -0.5] }, z: axis({ label: "distance", limits: [1, 3] }) })]))
    for (const word of ["seed 0", "seed 1", "1", "3", "distance"]) expect(words()).toContain(word)
    expect([...view.element.querySelectorAll("rect")].filter((rect) => rect.getAttribute("fill")?.startsWith("rgb(")).length).toBe(3)
    vi.unstubAllGlobals()
    vi.restoreAllMocks()
    view.dispose()
  })

  it("reads all panels at the arrow keys, and falls silent", () => {
    const { view, callbacks, key } = shown(curves)
    key("ArrowRight")
    key("ArrowRight")
    expect(callbacks.onHover.mock.lastCall![0].lines).toEqual([["step", "1"], ["loss, sgd", "10"], ["loss, <b>adam</b>", "20"],
      ["norm, sgd", "10"]])
    key("End")
    expect(callbacks.onHover.mock.lastCall![0].lines[0]).toEqual(["step", "2"])
    view.element.dispatchEvent(new FocusEvent("blur"))
    expect(callbacks.onHover.mock.lastCall![0]).toBeNull()
    expect(callbacks.onReady).toHaveBeenCalledOnce()
    view.dispose()
  })

  it("says how many panels are out of sight, goes there, and is silent where all are seen", () => {
    const three = figure([panel([line()], { title: "a" }), panel([line()], { title: "b" }), panel([line()], { title: "c" })])
    const { view } = shown(three, 300, 200)
    const foot = () => view.element.querySelector<HTMLElement>(".chart-foot")!
    expect([foot().hidden, foot().textContent]).toEqual([false, "↓ 2 more panels"])
    const to = vi.fn()
    view.element.scrollTo = to as never
    foot().querySelector("button")!.click()
    const top = to.mock.lastCall![0].top
    expect(top).toBeGreaterThan(80)
    view.element.scrollTop = top
    view.element.dispatchEvent(new Event("scroll"))
    expect(foot().textContent).toBe("↓ 1 more panel")
    view.element.scrollTop = 1000
    view.element.dispatchEvent(new Event("scroll"))
    expect(foot().hidden).toBe(true)
    view.dispose()
    expect(shown(three, 600, 700).view.element.querySelector<HTMLElement>(".chart-foot")!.hidden).toBe(true)
  })

  it("zooms by a drag and by keys, keeps that through new data, and shows everything again", () => {
    const { view, words, key } = shown(curves)
    const before = words().join()
    const mouse = (name: string, clientX: number) =>
      view.element.dispatchEvent(Object.assign(new MouseEvent(name, { clientX, clientY: 100, button: 0 }),
        { pointerId: 1, pointerType: "mouse" }))
    mouse("pointerdown", 200)
    mouse("pointermove", 300)
    mouse("pointerup", 300)
    view.resize()
    const zoomed = words().join()
    expect(zoomed).not.toBe(before)
    view.update(made(curves), LOOK, NONE)
    view.resize()
    expect(words().join()).toBe(zoomed)
    view.element.dispatchEvent(new MouseEvent("dblclick"))
    view.resize()
    expect(words().join()).toBe(before)
    key("+")
    view.resize()
    expect(words().join()).not.toBe(before)
    view.dispose()
  })

  it("hides a curve at its word, by hand and by key, and says so", () => {
    const { view } = shown(curves)
    const word = () => view.element.querySelector('[role="checkbox"][aria-label="sgd"]')!
    const drawn = () => view.element.querySelectorAll('path[stroke="#0072b2"]').length
    const before = drawn()
    word().dispatchEvent(new MouseEvent("click", { bubbles: true }))
    view.resize()
    expect(word().getAttribute("aria-checked")).toBe("false")
    expect(drawn()).toBeLessThan(before)
    word().dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }))
    view.resize()
    expect([word().getAttribute("aria-checked"), drawn()]).toEqual(["true", before])
    view.dispose()
  })

  it("shares axes with its neighbours, has a dark theme, and words for who does not see it", () => {
    const { view } = shown(curves, 600, 400, { theme: "dark" })
    expect(view.element.innerHTML).toContain("#3b9fe3")
    expect(view.describe()).toBe("<img src=x>, a figure: loss against step from 0 to 2, 2 curves. norm against step from 0 to 2, from 1 to 100, lowest 1, highest 100.")
    view.update(made(curves), LOOK, { ...NONE, x: [0, 50] })
    view.resize()
    expect([...view.element.querySelectorAll("text")].some((element) => element.textContent === "50")).toBe(true)
    view.dispose()
  })
})
