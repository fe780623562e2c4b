/** What the keys do. */

import { COLOR_MAPS } from "../colormaps"
import type { Group, Shortcut } from "./keys"
import type { Page } from "./page"
import type { Settings } from "./state"

function key(keys: string | string[], text: string, run: () => void, shown?: string[]): Shortcut {
  const all = Array.isArray(keys) ? keys : [keys]
  return { keys: all, shown: shown ?? all.map((name) => (name === " " ? "space" : name)), text, run }
}

const only = (shown: string, text: string): Shortcut => ({ keys: [], shown: [shown], text, run: () => {} })

function after<T>(all: readonly T[], now: T): T {
  return all[(all.indexOf(now) + 1) % all.length]
}

export function shortcuts(page: Page): Group[] {
  const settings = () => page.store.state.settings
  const set = (change: Partial<Settings>) => page.store.set(change)
  const maps = ["auto", ...Object.keys(COLOR_MAPS)] as Settings["map"][]
  return [
    {
      title: "Picture",
      shortcuts: [
        key("l", "scale: automatic, linear, log", () => set({ scale: after(["auto", "linear", "log"] as const, settings().scale) })),
        key("m", "next colour map", () => set({ map: after(maps, settings().map) })),
        key("c", "contour lines", () => set({ contours: !settings().contours })),
        key("f", "contour map on the floor", () => set({ floor: !settings().floor })),
        key("t", "tracks: at their loss, dropped, off", () =>
          set({ tracks: after(["true", "dropped", "off"] as const, settings().tracks) }),
        ),
        key("v", "3-D or flat", () => set({ mode: settings().mode === "flat" ? "auto" : "flat" })),
        key("d", "light or dark", () => set({ theme: page.theme() === "dark" ? "light" : "dark" })),
      ],
    },
    {
      title: "Camera",
      shortcuts: [
        key("0", "reset", () => page.standard(0)),
        key("1", "from the top", () => page.standard(1)),
        key("2", "from the front", () => page.standard(2)),
        key("3", "isometric", () => page.standard(3)),
        only("drag", "turn; with shift or two fingers, move"),
        only("wheel", "nearer or farther; pinch on a touch screen"),
        only("arrows", "turn the focused picture, or move its cross-hair"),
      ],
    },
    {
      title: "Time",
      shortcuts: [
        key(" ", "play or pause", () => page.time.toggle()),
        key([",", "ArrowLeft"], "one back", () => page.time.step(-1), [",", "←"]),
        key([".", "ArrowRight"], "one on", () => page.time.step(1), [".", "→"]),
      ],
    },
    {
      title: "Page",
      shortcuts: [
        key("/", "search results", () => page.search()),
        key("r", "list of results", () => page.frame.toggle("catalogue")),
        key("s", "settings", () => page.frame.toggle("settings")),
        key("e", "save a picture, a film or a mesh", () => page.frame.save(page, null)),
        key("?", "this sheet", () => page.showHelp()),
        only("esc", "close a sheet or panel"),
        only("back", "undo, by the browser's back button"),
      ],
    },
  ]
}
