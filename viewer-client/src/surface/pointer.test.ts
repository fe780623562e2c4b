// @vitest-environment jsdom
import { expect, it, vi } from "vitest"
import { listen } from "./pointer"

it("asks what lies under the pointer once per frame, not while a button is held, and never after it left or was let go", () => {
  const frames = new Map<number, () => void>()
  let asked = 0
  vi.stubGlobal("requestAnimationFrame", (run: () => void) => (frames.set(++asked, run), asked))
  vi.stubGlobal("cancelAnimationFrame", (id: number) => frames.delete(id))
  const draw = () => [...frames].forEach(([id, run]) => (frames.delete(id), run()))
  const element = document.createElement("div")
  element.getBoundingClientRect = () => ({ left: 10, top: 20 }) as DOMRect
  const [hover, leave] = [vi.fn(), vi.fn()]
  const end = listen(element, { hover, leave })
  const move = (clientX: number, buttons = 0) => element.dispatchEvent(new MouseEvent("pointermove", { clientX, clientY: 50, buttons }))
  move(30)
  move(40)
  draw()
  expect(hover.mock.calls).toEqual([[30, 30]])
  move(50, 1)
  draw()
  expect([hover.mock.calls.length, leave.mock.calls.length]).toEqual([1, 1])
  move(60)
  element.dispatchEvent(new MouseEvent("pointerleave"))
  draw()
  expect([hover.mock.calls.length, leave.mock.calls.length]).toEqual([1, 2])
  move(70)
  end()
  draw()
  move(80)
  draw()
  expect([hover.mock.calls.length, leave.mock.calls.length]).toEqual([1, 2])
  vi.unstubAllGlobals()
})
