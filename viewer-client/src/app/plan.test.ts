import { describe, expect, it } from "vitest"
import type { Document, Numbers, Quantity } from "../types"
import { colorOf, heightOf, plan, rangeIn, scaleKind, sheetOf } from "./plan"
import { planeOf, scalesOf } from "../flat/plane"
import { place } from "../scale"
import { readPlane } from "../surface/field"
import { defaults } from "./state"
import type { Settings } from "./state"

function numbers(values: number[], dtype: "f4" | "f8" = "f4", shape = [values.length]): Numbers {
  const bytes = new Uint8Array((dtype === "f4" ? Float32Array : Float64Array).from(values).buffer)
  return { dtype, shape, data: btoa(String.fromCharCode(...bytes)) }
}

function quantity(name: string, values: number[], more: Partial<Quantity> = {}): Quantity {
  return {
    name,
    label: name,
    scale: "log",
    center: null,
    low: null,
    high: null,
    values: numbers(values, "f4", [2, 2]),
    error: null,
    flag: false,
    ...more,
  }
}

function field(id: string, quantities: Quantity[], x = [-1, 1], predicted = false): Document {
  const done = { dtype: "u1" as const, shape: [2, 2], data: btoa("\x01\x01\x01\x01") }
  const axis = (values: number[], label: string) => ({ dim: label, label, values: numbers(values, "f8") })
  return {
    entry: { id, title: id, kind: "slice", store: "s", dims: "", revision: "1", done: 4, total: 4, live: false, error: null },
    caption: "",
    facts: [],
    volume: null,
    figure: null,
    field: {
      x: axis(x, "α"),
      y: axis([0, 2], "β"),
      quantity: quantities[0].name,
      equal: true,
      tracks: [],
      markers: [],
      sheets: [{ name: "", quantities, done, predicted: predicted ? done : null }],
    },
  }
}

const around = { theme: "light" as const, slow: false, linked: true }
const settings = (more: Partial<Settings> = {}): Settings => ({ ...defaults().settings, ...more })

describe("ranges", () => {
  it("leave out what has no place on the scale", () => {
    const some = quantity("loss", [NaN, -1, 0.1, 10])
    expect(rangeIn(some, "linear")).toEqual([-1, 10])
    expect(rangeIn(some, "log")!.map((value) => +value.toFixed(6))).toEqual([0.1, 10])
    expect(rangeIn(quantity("loss", [NaN, 0, -1, -2]), "log")).toBeNull()
  })

  it("are one over all tiles that show the same quantity, in raw values", () => {
    const [a, b] = plan(
      [field("a", [quantity("loss", [1, 2, 3, NaN])]), field("b", [quantity("loss", [0.5, 20, 4, 4])], [-3, 2])],
      settings(),
      around,
    )
    for (const made of [a, b]) {
      expect(made.shared).toEqual({ height: [0.5, 20], color: [0.5, 20], x: [-3, 2], y: [0, 2] })
      expect(made.look.scale).toBe("log")
      expect(made.bar).toMatchObject({ label: "loss", map: "viridis", clipped: false })
    }
    expect(a.bar!.key).toBe(b.bar!.key)
  })

  it("are each tile's own where quantities differ, or where tiles are not linked", () => {
    const other = field("b", [quantity("lambda_max", [5, 6, 7, 8])])
    const [a, b] = plan([field("a", [quantity("loss", [1, 2, 3, 4])]), other], settings(), around)
    expect([a.shared.height, b.shared.height]).toEqual([
      [1, 4],
      [5, 8],
    ])
    expect(a.bar!.key).not.toBe(b.bar!.key)
    const pair = [field("a", [quantity("loss", [1, 2, 3, 4])]), field("b", [quantity("loss", [5, 6, 7, 8])])]
    const [c, d] = plan(pair, settings(), { ...around, linked: false })
    expect([c.shared.height, d.shared.height]).toEqual([
      [1, 4],
      [5, 8],
    ])
    expect([c.shared.x, c.bar!.key === d.bar!.key]).toEqual([null, false])
  })

  it("end at the clip, which the bar says; a clip below everything is no clip", () => {
    const [a] = plan([field("a", [quantity("loss", [1, 2, 3, 40])])], settings({ clip: 10 }), around)
    expect(a.shared.height).toEqual([1, 10])
    expect(a.bar).toMatchObject({ clipped: true, scale: { high: 10 } })
    const [b] = plan([field("a", [quantity("loss", [1, 2, 3, 40])])], settings({ clip: 0.5 }), around)
    expect(b.shared.height).toEqual([1, 40])
  })

  it("are not of axes of which one would be a speck on the other", () => {
    const loss = () => [quantity("loss", [1, 2, 3, 4])]
    const [a, b] = plan([field("a", loss()), field("b", loss(), [-40, 50])], settings(), around)
    expect([a.shared.x, a.shared.y, b.shared.x]).toEqual([null, null, null])
    expect(a.bar!.key).toBe(b.bar!.key)
  })

  it("leave the axes to a single tile, and are null where nothing can be drawn", () => {
    const [a] = plan([field("a", [quantity("loss", [NaN, NaN, NaN, NaN])])], settings(), around)
    expect(a.shared).toEqual({ height: null, color: null, x: null, y: null })
    expect(a.bar).toBeNull()
  })
})

describe("what is chosen where settings leave it open", () => {
  it("is log only where every quantity says so and has a place there", () => {
    const [log, linear, negative] = [
      quantity("a", [1, 2, 3, 4]),
      quantity("b", [1, 2, 3, 4], { scale: "linear" }),
      quantity("c", [-1, -2, -3, 0]),
    ]
    expect(scaleKind("auto", [log, log])).toBe("log")
    expect(scaleKind("auto", [log, linear])).toBe("linear")
    expect(scaleKind("log", [linear])).toBe("log")
    expect(scaleKind("log", [negative])).toBe("linear")
    expect(scaleKind("linear", [log])).toBe("linear")
  })

  it("is another quantity for the colour, on its own scale, with a map that diverges from its centre", () => {
    const both = [quantity("loss", [1, 2, 3, 4]), quantity("lambda_min", [-3, 0, 1, 1], { scale: "linear", center: 0 })]
    const [made] = plan([field("a", both)], settings({ color: "lambda_min", clip: 2 }), around)
    expect(made.look.map).toBe("RdBu_r")
    expect(made.shared).toMatchObject({ height: [1, 2], color: [-3, 3] })
    expect(plan([field("a", both)], settings({ color: "lambda_min", map: "magma" }), around)[0].look.map).toBe("magma")
  })

  it("is evaluated or predicted only where that is known", () => {
    const loss = [quantity("loss", [1, 2, 3, 4])]
    expect(colorOf(field("a", loss, [-1, 1], true), settings({ color: "evaluated" }))).toBe("evaluated")
    expect(colorOf(field("a", loss), settings({ color: "evaluated" }))).toMatchObject({ name: "loss" })
    const [made] = plan([field("a", loss, [-1, 1], true)], settings({ color: "evaluated" }), around)
    expect(made.bar).toMatchObject({
      scale: null,
      pair: [
        ["evaluated", 0.78],
        ["predicted", 0.22],
      ],
    })
    expect(made.shared.color).toBeNull()
  })

  it("is the height that colours where the colour asked for is not there, in the bar as in every view", () => {
    const document = field("a", [quantity("loss", [1, 2, 3, 4]), quantity("accuracy", [0.1, 0.2, 0.3, 0.4], { scale: "linear" })])
    const [made] = plan([document], settings({ height: "accuracy", color: "nonsense" }), around)
    expect(made.bar!.label).toBe("accuracy")
    const flat = planeOf(document, made.look)!
    expect([flat.height.name, flat.color.name]).toEqual(["accuracy", "accuracy"])
    const { height, paint } = readPlane(document.field!, made.look, made.shared)
    expect([height.name, paint.name]).toEqual(["accuracy", "accuracy"])
  })

  it("has evaluated and predicted at the places of the bar on a flat map, too", () => {
    const [made] = plan([field("a", [quantity("loss", [1, 2, 3, 4])], [-1, 1], true)], settings({ color: "evaluated" }), around)
    const flat = planeOf(field("a", [quantity("loss", [1, 2, 3, 4])], [-1, 1], true), made.look)!
    const { color } = scalesOf(flat, made.look, made.shared)
    expect(made.bar!.pair!.map(([, at]) => at)).toEqual([1, 0].map((value) => expect.closeTo(place(color!, value), 9)))
  })

  it("falls back where a document lacks what is asked for", () => {
    const document = field("a", [quantity("loss", [1, 2, 3, 4])])
    expect(heightOf(document, settings({ height: "nonsense" }))!.name).toBe("loss")
    expect(sheetOf(document, "test")!.name).toBe("")
    const chart: Document = { ...document, field: null }
    expect(sheetOf(chart, "")).toBeNull()
    expect(plan([chart], settings(), around)[0]).toMatchObject({ bar: null, shared: { height: null } })
  })

  it("is low quality on a slow renderer unless somebody says otherwise", () => {
    const one = [field("a", [quantity("loss", [1, 2, 3, 4])])]
    expect(plan(one, settings(), { ...around, slow: true })[0].look.quality).toBe("low")
    expect(plan(one, settings({ quality: "high" }), { ...around, slow: true })[0].look.quality).toBe("high")
    expect(plan(one, settings(), around)[0].look.quality).toBe("auto")
  })
})
