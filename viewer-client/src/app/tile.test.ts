// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from "vitest"
import type { Callbacks, View } from "../contract"
import type { Document, Entry } from "../types"
import { CataloguePanel } from "./catalogue"
import type { Plan } from "./plan"
import { defaults } from "./state"
import type { Content, Host } from "./tile"
import { Tile } from "./tile"

interface Fake {
  kind: string
  callbacks: Callbacks
  view: View
}

const made = vi.hoisted(() => [] as Fake[])
const fails = vi.hoisted(() => ({ kinds: new Set<string>() }))

vi.mock("./views", () => {
  const make = (kind: string) => (callbacks: Callbacks) => {
    if (fails.kinds.has(kind)) throw new Error(`no ${kind} today`)
    const view = {
      element: document.createElement("div"),
      update: vi.fn(),
      resize: vi.fn(),
      canvas: vi.fn(),
      describe: () => `a ${kind}`,
      dispose: vi.fn(),
      setCamera: vi.fn(),
      getCamera: () => ({ azimuth: 0, elevation: 0, distance: 1, target: [0, 0, 0] }),
    } as unknown as View
    made.push({ kind, callbacks, view })
    return view
  }
  return {
    MAKERS: { surface: make("surface"), volume: make("volume"), flat: make("flat"), chart: make("chart") },
    kindOf: (item: Document, flat: boolean) => (item.field ? (flat ? "flat" : "surface") : item.figure ? "chart" : null),
    hasCamera: (view: View | null) => Boolean(view?.setCamera),
  }
})

vi.stubGlobal(
  "ResizeObserver",
  class {
    observe() {}
    disconnect() {}
  },
)

const NASTY = '<img src=x onerror="alert(1)"><script>alert(2)</script>'

function entry(more: Partial<Entry> = {}): Entry {
  return { id: "a", title: "a", kind: "slice", store: "s", dims: "", revision: "1", done: 4, total: 4, live: false, error: null, ...more }
}

function field(more: Partial<Entry> = {}): Document {
  return {
    entry: entry(more),
    caption: NASTY,
    facts: [{ name: NASTY, text: NASTY }],
    field: {} as Document["field"],
    volume: null,
    figure: null,
  }
}

const PLAN = { look: defaults().settings, shared: { height: [1, 2], color: [1, 2], x: null, y: null }, bar: null } as unknown as Plan

function content(document: Document | null, more: Partial<Content> = {}): Content {
  return {
    id: "a",
    entry: document?.entry ?? entry(),
    slot: { document, error: null, loading: document === null },
    document,
    plan: document ? PLAN : null,
    title: document?.entry.title ?? "a",
    waiting: "",
    bar: null,
    camera: null,
    place: { index: 0, count: 1, series: false },
    ...more,
  }
}

function host(): Host {
  return { onCamera: vi.fn(), onAction: vi.fn(), onRetry: vi.fn(), onReadout: vi.fn(), onReady: vi.fn(), notice: vi.fn() }
}

beforeEach(() => {
  made.length = 0
  fails.kinds.clear()
})

describe("a tile", () => {
  it("says that it loads, draws once, and keeps its view while newer data come", () => {
    const tile = new Tile(host())
    tile.show(content(null), false)
    expect(tile.element.textContent).toContain("Loading")
    const first = field()
    tile.show(content(first), false)
    tile.show(content(first), false)
    expect(made[0].view.update).toHaveBeenCalledOnce()
    made[0].callbacks.onReady()
    expect(tile.element.textContent).not.toContain("Loading")
    const second = field({ revision: "2" })
    tile.show(content(first, { slot: { document: first, error: null, loading: true } }), false)
    tile.show(content(second), false)
    expect(made).toHaveLength(1)
    expect(made[0].view.update).toHaveBeenCalledTimes(2)
    expect(made[0].view.dispose).not.toHaveBeenCalled()
  })

  it("takes the camera of the address before anybody looks", () => {
    const tile = new Tile(host())
    const camera = { azimuth: 10, elevation: 20, distance: 3, target: [0, 0, 0] as [number, number, number] }
    tile.show(content(field(), { camera }), false)
    expect(made[0].view.setCamera).toHaveBeenCalledWith(camera)
  })

  it("goes on flat when 3-D stops, and says so", () => {
    const page = host()
    const tile = new Tile(page)
    tile.show(content(field()), false)
    made[0].callbacks.onFailed("WebGL was lost")
    expect(made.map(({ kind }) => kind)).toEqual(["surface", "flat"])
    expect(made[0].view.dispose).toHaveBeenCalled()
    expect(page.notice).toHaveBeenCalledWith(expect.stringContaining("WebGL was lost"))
    tile.show(content(field({ revision: "2" })), false)
    expect(made).toHaveLength(2)
  })

  it("goes on flat when 3-D cannot even begin, and says why when nothing can be drawn", () => {
    fails.kinds.add("surface")
    const tile = new Tile(host())
    tile.show(content(field()), false)
    expect(made.map(({ kind }) => kind)).toEqual(["flat"])
    expect(made[0].view.update).toHaveBeenCalledOnce()
    fails.kinds.add("flat")
    const other = new Tile(host())
    const broken = field()
    other.show(content(broken), false)
    other.show(content(broken), false)
    expect(other.element.textContent).toContain("This result cannot be drawn")
    expect(other.element.textContent).toContain("no flat today")
    fails.kinds.clear()
    other.show(content(field({ revision: "2" })), false) // newer data are tried again
    expect(other.element.textContent).not.toContain("cannot be drawn")
  })

  it("says what to do when a document does not come, and asks again", () => {
    const page = host()
    const tile = new Tile(page)
    tile.show(content(null, { slot: { document: null, error: "the server does not answer", loading: false } }), false)
    expect(tile.element.textContent).toContain("the server does not answer")
    const again = [...tile.element.querySelectorAll("button")].find(({ textContent }) => textContent === "Try again")!
    again.click()
    expect(page.onRetry).toHaveBeenCalledWith(tile)
  })

  it("keeps what it shows when newer data do not come, and says so", () => {
    const tile = new Tile(host())
    const first = field()
    tile.show(content(first), false)
    made[0].callbacks.onReady()
    tile.show(content(first, { slot: { document: first, error: "torn", loading: false } }), false)
    expect(tile.element.textContent).toContain("Not up to date: torn")
    expect(made[0].view.dispose).not.toHaveBeenCalled()
  })

  it("shows how far a running result is, and waits for its first point", () => {
    const tile = new Tile(host())
    tile.show(content(field({ done: 0, total: 100, live: true })), false)
    expect(made).toHaveLength(0)
    expect(tile.element.textContent).toContain("first points are still being computed")
    tile.show(content(field({ done: 25, total: 100, live: true })), false)
    expect(made).toHaveLength(1)
    const meter = tile.element.querySelector('[role="progressbar"]')!
    expect([meter.getAttribute("aria-valuenow"), meter.getAttribute("aria-valuemax")]).toEqual(["25", "100"])
    expect(tile.element.textContent).toContain("25 of 100 points, coarse first")
  })

  it("keeps text text, wherever it comes from", () => {
    const tile = new Tile(host())
    tile.show(content(field({ title: NASTY, store: NASTY, dims: NASTY }), { title: NASTY }), false)
    tile.toggleDrawer()
    made[0].callbacks.onHover({ lines: [[NASTY, NASTY]] })
    expect(tile.element.querySelectorAll("img, script")).toHaveLength(0)
    expect(tile.element.textContent!.split(NASTY).length - 1).toBeGreaterThanOrEqual(6)
  })
})

describe("the list of results", () => {
  const listHost = () => ({ onShow: vi.fn(), onAdd: vi.fn(), onTakeAway: vi.fn(), onPlay: vi.fn(), onClose: vi.fn() })

  it("keeps text text, and shows, adds and takes away", () => {
    const page = listHost()
    const panel = new CataloguePanel(page)
    panel.show([entry({ id: "a", title: NASTY, store: NASTY, error: NASTY }), entry({ id: "b", title: "b" })], ["b"], "")
    expect(panel.element.querySelectorAll("img, script")).toHaveLength(0)
    const [first, second] = panel.element.querySelectorAll<HTMLElement>(".row")
    first.querySelectorAll("button")[0].click()
    first.querySelectorAll("button")[1].click()
    second.querySelectorAll("button")[1].click()
    expect([page.onShow.mock.calls, page.onAdd.mock.calls, page.onTakeAway.mock.calls]).toEqual([[["a"]], [["a"]], [["b"]]])
    expect(second.querySelector("button")!.getAttribute("aria-current")).toBe("true")
  })

  it("keeps its rows, and the keyboard's place in it, while results change", () => {
    const panel = new CataloguePanel(listHost())
    document.body.append(panel.element)
    panel.show([entry({ id: "a", done: 1, total: 9, live: true }), entry({ id: "b" })], [], "")
    const button = panel.element.querySelector<HTMLElement>(".row-main")!
    button.focus()
    panel.show([entry({ id: "a", done: 5, total: 9, live: true }), entry({ id: "b" }), entry({ id: "c" })], [], "")
    expect(document.activeElement).toBe(button)
    expect(button.textContent).toContain("5 of 9 points")
    panel.element.remove()
  })

  it("finds by words, and says when nothing matches", () => {
    const panel = new CataloguePanel(listHost())
    panel.show([entry({ id: "a", title: "wide" }), entry({ id: "b", title: "deep" })], [], "")
    const search = panel.element.querySelector<HTMLInputElement>("input")!
    const type = (text: string) => {
      search.value = text
      search.dispatchEvent(new Event("input"))
    }
    type("wid")
    expect(panel.element.querySelectorAll(".row")).toHaveLength(1)
    type("nothing like it")
    expect(panel.element.textContent).toContain("Nothing matches")
  })
})
