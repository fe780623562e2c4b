// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import type { Callbacks, Camera, Source, View } from "../contract"
import type { Changed, Document, Entry } from "../types"
import { Page } from "./page"

interface Fake {
  callbacks: Callbacks
  update: ReturnType<typeof vi.fn>
  setCamera: ReturnType<typeof vi.fn>
}

const made = vi.hoisted(() => [] as Fake[])
const HOME: Camera = { azimuth: 1, elevation: 2, distance: 3, target: [0, 0, 0] }

vi.mock("./views", () => ({
  webgl: () => "hardware",
  kindOf: () => "surface",
  hasCamera: (view: View | null) => Boolean(view),
  MAKERS: {
    surface: (callbacks: Callbacks) => {
      let camera = HOME
      const fake = { callbacks, update: vi.fn(() => callbacks.onReady()), setCamera: vi.fn((next: Camera) => (camera = next)) }
      made.push(fake)
      return {
        ...fake,
        element: document.createElement("div"),
        resize() {},
        describe: () => "",
        dispose() {},
        getCamera: () => camera,
        canvas: vi.fn(),
      }
    },
  },
}))

function entry(id: string, revision = "1"): Entry {
  return { id, title: id, kind: "slice", store: "s", dims: "", revision, done: 4, total: 4, live: false, error: null }
}

function numbers(values: number[], shape: number[]) {
  return { dtype: "f4" as const, shape, data: btoa(String.fromCharCode(...new Uint8Array(Float32Array.from(values).buffer))) }
}

function doc(id: string, high: number, revision = "1"): Document {
  const axis = { dim: "alpha", label: "α", values: numbers([-1, 1], [2]) }
  const loss = {
    name: "loss",
    label: "loss",
    scale: "linear" as const,
    center: null,
    low: 0,
    high,
    values: numbers([0, 1, 2, high], [2, 2]),
    error: null,
    flag: false,
  }
  const sheets = [{ name: "", quantities: [loss], done: numbers([1, 1, 1, 1], [2, 2]), predicted: null }]
  const field = { x: axis, y: axis, sheets, quantity: "loss", equal: true, tracks: [], markers: [] }
  return { entry: entry(id, revision), caption: "", facts: [], volume: null, figure: null, field }
}

class Fixed implements Source {
  readonly live = true
  change: (changed: Changed) => void = () => {}
  state: (state: "open" | "lost") => void = () => {}
  readonly asked: string[] = []
  readonly held = new Map<string, () => void>()
  constructor(
    public documents: Record<string, Document>,
    private readonly slow = false,
  ) {}
  catalogue = async () => ({ version: "1", entries: Object.values(this.documents).map((item) => item.entry) })
  document = async (id: string) => {
    this.asked.push(id)
    if (this.slow) await new Promise<void>((resolve) => this.held.set(id, resolve))
    if (!this.documents[id]) throw new Error(`no “${id}”`)
    return this.documents[id]
  }
  watch = (change: (changed: Changed) => void, state: (state: "open" | "lost") => void) => {
    this.change = change
    this.state = state
    return () => {}
  }
}

let page: Page
/** The machine may be busy: waits until it holds. */
const until = (check: () => void) => vi.waitFor(check, { timeout: 5000, interval: 10 })
const root = () => document.body.querySelector<HTMLElement>("#app")!
const titles = () => [...root().querySelectorAll(".tile-title")].map(({ textContent }) => textContent)

async function open(source: Source, hash: string, shows: string): Promise<void> {
  history.replaceState(null, "", `/${hash ? `#${hash}` : ""}`)
  page = new Page(root(), source, "")
  await until(() => expect(root().textContent).toContain(shows))
}

const drawn = (count: number) => until(() => expect(made.filter(({ update }) => update.mock.lastCall)).toHaveLength(count))

beforeEach(() => {
  made.length = 0
  document.body.innerHTML = '<div id="app"></div>'
  document.head.innerHTML = "<title></title>"
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe() {}
      disconnect() {}
    },
  )
  vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener() {}, removeEventListener() {} }))
})
afterEach(() => {
  page.dispose()
  vi.unstubAllGlobals()
})

describe("the page", () => {
  it("shows the first surface where the address names none", async () => {
    const graph = doc("a", 1)
    graph.entry.kind = "graph"
    await open(new Fixed({ a: graph, b: doc("b", 4), c: doc("c", 5) }), "", "Results")
    await until(() => expect(titles()).toEqual(["b"]))
    expect(document.title).toBe("b · lossatlas")
  })

  it("shows two side by side on one range, under one bar", async () => {
    await open(new Fixed({ a: doc("a", 4), b: doc("b", 9) }), "ids=a,b", "Results")
    await until(() =>
      expect(made.map(({ update }) => update.mock.lastCall?.[2].height)).toEqual([
        [0, 9],
        [0, 9],
      ]),
    )
    expect(titles()).toEqual(["a", "b"])
    expect(root().querySelectorAll(".colorbar")).toHaveLength(1)
  })

  it("moves the cameras of all tiles with one, and writes the address when the hand rests", async () => {
    await open(new Fixed({ a: doc("a", 4), b: doc("b", 9) }), "ids=a,b", "Results")
    await drawn(2)
    const camera = { ...HOME, azimuth: 40 }
    made[0].callbacks.onCamera(camera, false)
    expect(made[1].setCamera).toHaveBeenLastCalledWith(camera)
    expect(made[0].setCamera).not.toHaveBeenCalled()
    made[0].callbacks.onCamera(camera, true)
    await until(() => expect(location.hash).toContain("camera=40,2,3"))
    page.store.step({ linked: false })
    made[0].callbacks.onCamera(HOME, true)
    expect(made[1].setCamera).toHaveBeenLastCalledWith(camera)
  })

  it("fetches only what is shown when things change, and draws it", async () => {
    const source = new Fixed({ a: doc("a", 4), b: doc("b", 9) })
    await open(source, "ids=a", "Results")
    await drawn(1)
    source.documents = { a: doc("a", 7, "2"), b: doc("b", 9, "2") }
    source.change({ entries: [entry("a", "2"), entry("b", "2")], gone: [] })
    await until(() => expect(made[0].update.mock.lastCall![2].height).toEqual([0, 7]))
    expect(source.asked).toEqual(["a", "a"])
    expect(made).toHaveLength(1)
  })

  it("draws no frame of a series before all are there, and then all on one range", async () => {
    const ids = ["s/step1", "s/step2", "s/step3"]
    const source = new Fixed(Object.fromEntries(ids.map((id, k) => [id, doc(id, 4 + k)])), true)
    await open(source, "series=s%2Fstep*", "0 of 3 frames")
    for (const id of ids.slice(0, 2)) source.held.get(id)!()
    await until(() => expect(root().textContent).toContain("2 of 3 frames"))
    expect(made).toHaveLength(0)
    source.held.get(ids[2])!()
    await drawn(1)
    expect(made[0].update.mock.lastCall![2].height).toEqual([0, 6])
    expect(titles()).toEqual(["s/step1"])
    page.time.step(1)
    await until(() => expect(titles()).toEqual(["s/step2"]))
    expect(made).toHaveLength(1)
    expect(made[0].update.mock.lastCall![0].entry.id).toBe("s/step2")
    expect(made[0].update.mock.lastCall![2].height).toEqual([0, 6])
  })

  it("tells of a lost connection, and asks again for what failed once it is back", async () => {
    const source = new Fixed({ a: doc("a", 4) })
    await open(source, "ids=gone", "no “gone”")
    source.state("lost")
    expect(root().textContent).toContain("Connection lost, trying again")
    source.documents = { ...source.documents, gone: doc("gone", 2) }
    source.state("open")
    await drawn(1)
    expect(root().textContent).not.toContain("Connection lost")
  })

  it("says what to do where there is nothing", async () => {
    await open(new Fixed({}), "", "No results yet")
    await until(() => expect(root().querySelector(".empty code")!.textContent).toContain("lossatlas slice"))
  })

  it("goes back to what was there before", async () => {
    await open(new Fixed({ a: doc("a", 4), b: doc("b", 9) }), "ids=a,b", "Results")
    await drawn(2)
    root().querySelectorAll<HTMLElement>('[aria-label="Take this result away"]')[0].click()
    await until(() => expect(titles()).toEqual(["b"]))
    history.back()
    await until(() => expect(titles()).toEqual(["a", "b"]))
  })

  it("does what keys say, but not while somebody types", async () => {
    await open(new Fixed({ a: doc("a", 4) }), "ids=a", "Results")
    const press = (target: EventTarget) => target.dispatchEvent(new KeyboardEvent("keydown", { key: "c", bubbles: true, cancelable: true }))
    press(root().querySelector('input[type="search"]')!)
    expect(page.store.state.settings.contours).toBe(true)
    press(document.body)
    expect(page.store.state.settings.contours).toBe(false)
  })
})
