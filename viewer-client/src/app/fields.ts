/** The kinds of controls: a choice of few (segments), of many (a list), a switch, a slider, a number. Each has its label and its look. */

import { h, say } from "./dom"

export interface Control<V> {
  element: HTMLElement
  set(value: V): void
}

export interface Option {
  value: string
  text: string
}

let made = 0

/** Few choices side by side: radio buttons, so the arrow keys work as everywhere. */
export function segments(label: string, options: readonly Option[], onChange: (value: string) => void): Control<string> {
  const name = `segments${++made}`
  const inputs = options.map(({ value }) => h("input", { type: "radio", name, value, class: "visually-hidden" }))
  const group = h("div", { class: "segments", role: "radiogroup", "aria-label": label })
  options.forEach(({ text }, k) => group.append(h("label", {}, inputs[k], h("span", { text }))))
  group.addEventListener("change", (event) => onChange((event.target as HTMLInputElement).value))
  return {
    element: h("div", { class: "control" }, h("span", { class: "control-label", "aria-hidden": "true", text: label }), group),
    set: (value) => inputs.forEach((input) => (input.checked = input.value === value)),
  }
}

/** Many choices; they may change. */
export function list(label: string, onChange: (value: string) => void): Control<string> & { offer(options: readonly Option[]): void } {
  const select = h("select", {})
  select.addEventListener("change", () => onChange(select.value))
  let offered = ""
  return {
    element: h("label", { class: "control" }, h("span", { class: "control-label", text: label }), h("span", { class: "select" }, select)),
    set: (value) => (select.value = value),
    offer: (options) => {
      const key = JSON.stringify(options)
      if (key === offered) return
      offered = key
      select.replaceChildren(...options.map(({ value, text }) => h("option", { value, text })))
    },
  }
}

export function toggle(label: string, onChange: (value: boolean) => void): Control<boolean> {
  const input = h("input", { type: "checkbox", role: "switch" })
  input.addEventListener("change", () => onChange(input.checked))
  return {
    element: h("label", { class: "control switch" }, h("span", { class: "control-label", text: label }), input),
    set: (value) => (input.checked = value),
  }
}

/** A slider from 0 to 1, with words for what its place means. */
export function slider(label: string, onSlide: (value: number) => void): Control<{ at: number; text: string }> {
  const input = h("input", { type: "range", min: 0, max: 1, step: 0.005, "aria-label": label })
  const output = h("span", { class: "control-value" }) // no <output>: the label would name that instead of the slider
  input.addEventListener("input", () => onSlide(input.valueAsNumber))
  return {
    element: h("label", { class: "control" }, h("span", { class: "control-label" }, label, output), input),
    set: ({ at, text }) => {
      if (Math.abs(input.valueAsNumber - at) > 0.004 || document.activeElement !== input) input.valueAsNumber = at
      input.style.setProperty("--at", `${100 * at}%`)
      input.setAttribute("aria-valuetext", text)
      say(output, text)
    },
  }
}

/** A number that may be left out. */
export function amount(label: string, empty: string, onChange: (value: number | null) => void): Control<number | null> {
  const input = h("input", { type: "number", step: "any", placeholder: empty, inputmode: "decimal" })
  input.addEventListener("change", () => onChange(input.value === "" || !Number.isFinite(input.valueAsNumber) ? null : input.valueAsNumber))
  return {
    element: h("label", { class: "control row-control" }, h("span", { class: "control-label", text: label }), input),
    set: (value) => {
      const text = value === null ? "" : String(Number(value.toPrecision(4)))
      if (document.activeElement !== input && input.value !== text) input.value = text
    },
  }
}
