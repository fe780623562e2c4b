// @vitest-environment jsdom
import { describe, expect, it } from "vitest"
import { slider } from "./fields"
import { listen } from "./keys"

describe("a slider", () => {
  it("has the name of its label, and says its place in words", () => {
    const { element, set } = slider("Cut at", () => {})
    set({ at: 0.5, text: "γ = 0" })
    const input = element.querySelector("input")!
    expect(element.querySelector("output")).toBeNull() // a label names the first thing in it that can have a name
    expect(input.getAttribute("aria-label")).toBe("Cut at")
    expect(input.getAttribute("aria-valuetext")).toBe("γ = 0")
    expect(element.textContent).toBe("Cut atγ = 0")
  })

  it("that has the keyboard leaves letters and the space bar to the page, and takes the arrows", () => {
    const { element } = slider("Time", () => {})
    document.body.append(element)
    const pressed: string[] = []
    const shortcut = (key: string) => ({ keys: [key], shown: [key], text: "", run: () => pressed.push(key) })
    const end = listen([{ title: "", shortcuts: ["t", " ", "ArrowLeft"].map(shortcut) }], () => false)
    const input = element.querySelector("input")!
    for (const key of ["t", " ", "ArrowLeft"]) input.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }))
    expect(pressed).toEqual(["t", " "])
    end()
    element.remove()
  })
})
