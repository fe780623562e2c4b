import { describe, expect, it } from "vitest"
import type { Entry } from "../types"
import { apply, byStore, find, findSeries, progress } from "./entries"

function entry(id: string, more: Partial<Entry> = {}): Entry {
  return {
    id,
    title: id,
    kind: "slice",
    store: "s.zarr",
    dims: "alpha 5",
    revision: "1",
    done: 1,
    total: 1,
    live: false,
    error: null,
    ...more,
  }
}

describe("the catalogue", () => {
  it("takes changes in: entries stay in their places, new ones come last, those gone go", () => {
    const before = { version: "1", entries: [entry("a"), entry("b"), entry("c")] }
    const after = apply(before, { entries: [entry("d"), entry("b", { revision: "2" })], gone: ["a"] })
    expect(after.entries.map(({ id, revision }) => id + revision)).toEqual(["b2", "c1", "d1"])
    expect(before.entries).toHaveLength(3)
  })

  it("finds by all words and by kind", () => {
    const entries = [entry("wide net"), entry("wide", { kind: "profile" }), entry("net", { store: "wide.zarr" })]
    expect(find(entries, "WIDE  net", new Set()).map(({ id }) => id)).toEqual(["wide net", "net"])
    expect(find(entries, "wide", new Set(["profile"])).map(({ id }) => id)).toEqual(["wide"])
    expect(find(entries, "", new Set())).toHaveLength(3)
  })

  it("groups by store", () => {
    const groups = byStore([entry("a"), entry("b", { store: "t" }), entry("c")])
    expect([...groups].map(([store, of]) => [store, of.map(({ id }) => id)])).toEqual([
      ["s.zarr", ["a", "c"]],
      ["t", ["b"]],
    ])
  })

  it("says how far a result is", () => {
    expect(progress(entry("a", { done: 1200, total: 2500, live: true }))).toBe("1,200 of 2,500 points, coarse first")
    expect(progress(entry("a", { done: 3, total: 9 }))).toBe("3 of 9 points")
    expect(progress(entry("a", { done: 0, total: 0, live: true }))).toBe("running")
    expect(progress(entry("a"))).toBe("")
  })
})

describe("series", () => {
  it("are the slices of steps, in the order of their numbers", () => {
    const ids = ["run.zarr/m-slices/step000900", "run.zarr/m-slices/step000100", "run.zarr/m-slices/step010000", "run.zarr/m"]
    const [series, ...more] = findSeries(ids.map((id) => entry(id, { title: id.replace("run.zarr/", "") })))
    expect(more).toEqual([])
    expect(series.key).toBe("run.zarr/m-slices/step*")
    expect(series.title).toBe("m-slices")
    expect(series.entries.map(({ id }) => id)).toEqual([ids[1], ids[0], ids[2]])
  })

  it("need three of what is not a step, of one kind, without errors", () => {
    expect(findSeries(["seed1", "seed2"].map((id) => entry(id)))).toEqual([])
    expect(findSeries(["seed1", "seed2", "seed3"].map((id) => entry(id)))).toHaveLength(1)
    expect(findSeries([entry("step1"), entry("step2", { kind: "profile" })])).toEqual([])
    expect(findSeries([entry("step1"), entry("step2", { error: "torn" })])).toEqual([])
  })
})
