// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { defaults, fromHash, MOST_TILES, Store, toHash } from "./state"

const ODD = ["demo.zarr/a,b", "<script>&#%?=", "ü/π"]

describe("the address", () => {
  it("is empty when everything is as usual, and gives the usual state back", () => {
    expect(toHash(defaults())).toBe("")
    expect(fromHash("")).toEqual({ state: defaults(), notices: [] })
    expect(fromHash("#")).toEqual({ state: defaults(), notices: [] })
  })

  it("holds only what differs, and reads back to the same state", () => {
    const state = defaults()
    state.ids = ODD
    state.series = "run & <b>"
    state.frame = 7
    state.loop = false
    state.camera = { azimuth: -42.1234, elevation: 30, distance: 2.5, target: [0, 0.1, -0.2] }
    Object.assign(state.settings, { scale: "log", clip: -0.25, map: "magma", theme: "dark", contours: false, time: 0.5, sheet: "test" })
    const hash = toHash(state)
    expect(
      hash
        .split("&")
        .map((item) => item.split("=")[0])
        .sort(),
    ).toEqual(["camera", "clip", "contours", "frame", "ids", "loop", "map", "scale", "series", "sheet", "theme", "time"])
    const back = fromHash(`#${hash}`)
    expect(back.notices).toEqual([])
    expect(back.state).toEqual({ ...state, camera: { ...state.camera, azimuth: -42.123 } })
  })

  it("reads every setting that it writes", () => {
    const state = defaults()
    Object.assign(state.settings, {
      height: "loss",
      color: "lambda_max",
      scale: "linear",
      clip: 3,
      map: "RdBu_r",
      theme: "light",
      contours: false,
      floor: false,
      tracks: "dropped",
      time: 0.25,
      sheet: "test, repeat 2",
      iso: 0.1,
      cutAxis: "x",
      cut: 0.9,
      mode: "flat",
      quality: "low",
    })
    expect(fromHash(toHash(state)).state.settings).toEqual(state.settings)
  })

  it.each([
    ["scale=cubic", /auto, linear, log/],
    ["map=jet", /viridis/],
    ["time=2", /a number from 0 to 1/],
    ["time=", /time=/],
    ["frame=1.5", /frame/],
    ["contours=yes", /on or off/],
    ["camera=1,2", /six numbers/],
    ["camera=0,91,2,0,0,0", /six numbers/],
    ["clip=NaN", /expected a number$/],
    ["nonsense", /not known/],
    ["constructor=1", /not known/],
    ["__proto__=1", /not known/],
    ["scale", /left out/],
    ["height=%E0%A4%A", /left out/],
    ["ids=%E0%A4%A", /left out/],
  ])("leaves out %s and says so", (hash, words) => {
    const { state, notices } = fromHash(`#${hash}`)
    expect(state).toEqual(defaults())
    expect(notices).toHaveLength(1)
    expect(notices[0]).toMatch(words)
  })

  it("keeps what is good beside what is bad", () => {
    const { state, notices } = fromHash("#scale=cubic&map=magma")
    expect(state.settings.map).toBe("magma")
    expect(notices).toHaveLength(1)
  })

  it("shows no more tiles than fit, each once", () => {
    const { state, notices } = fromHash("#ids=a,a,b,c,d,e,f,g")
    expect(state.ids).toEqual(["a", "b", "c", "d", "e", "f"])
    expect(state.ids).toHaveLength(MOST_TILES)
    expect(notices[0]).toMatch(/7 results/)
    expect(fromHash("#ids=a,b,c,d,e,f,g&series=chosen").state.ids).toHaveLength(7)
  })
})

describe("the store", () => {
  let store: Store
  beforeEach(() => {
    vi.useFakeTimers()
    history.replaceState(null, "", "/?token=t")
  })
  afterEach(() => {
    store.dispose()
    vi.useRealTimers()
  })

  it("starts from the address, else from the view that the page carries", () => {
    store = new Store(() => {}, "ids=x")
    expect(store.state.ids).toEqual(["x"])
    expect(location.hash).toBe("#ids=x")
    store.dispose()
    history.replaceState(null, "", "#ids=y")
    store = new Store(() => {}, "ids=x")
    expect(store.state.ids).toEqual(["y"])
  })

  it("makes a deliberate change a step back in history, and keeps the query", async () => {
    store = new Store(() => {})
    store.set({ scale: "log" })
    store.set({ map: "magma" })
    expect(location.hash).toBe("#scale=log&map=magma")
    expect(location.search).toBe("?token=t")
    vi.useRealTimers()
    const back = new Promise((resolve) => addEventListener("popstate", resolve, { once: true }))
    history.back()
    await back
    expect(store.state.settings.scale).toBe("log")
    expect(store.state.settings.map).toBe("auto")
  })

  it("writes a continuous change once the hand rests, without a step", () => {
    store = new Store(() => {})
    const length = history.length
    for (let k = 0; k < 20; k++) store.slideSettings({ time: k / 20 })
    expect(location.hash).toBe("")
    vi.advanceTimersByTime(400)
    expect(location.hash).toBe("#time=0.95")
    expect(history.length).toBe(length)
  })

  it("keeps what slid in the step before, when a deliberate change follows at once", () => {
    store = new Store(() => {})
    store.slideSettings({ time: 0.5 })
    const written = vi.spyOn(history, "replaceState")
    store.set({ scale: "log" })
    expect(written).toHaveBeenCalledWith(null, "", "#time=0.5")
    expect(location.hash).toBe("#scale=log&time=0.5")
    written.mockRestore()
  })

  it("tells those who listen what was and what is", () => {
    store = new Store(() => {})
    const heard = vi.fn()
    const stop = store.listen(heard)
    store.step({ ids: ["a"] })
    expect(heard.mock.calls[0][0].ids).toEqual(["a"])
    expect(heard.mock.calls[0][1].ids).toEqual([])
    stop()
    store.step({ ids: [] })
    expect(heard).toHaveBeenCalledTimes(1)
  })

  it("tells of a bad address", () => {
    history.replaceState(null, "", "#scale=cubic")
    const notices = vi.fn()
    store = new Store(notices)
    expect(notices).toHaveBeenCalledOnce()
    expect(location.hash).toBe("")
  })
})
