/** What the page says where there is nothing to show, and where pictures are made otherwise than they could be. */

import type { Catalogue } from "../types"
import type { Scene } from "./controls"
import { MOST_TILES } from "./state"
import { webgl } from "./views"

/** What stands in place of the tiles; code between backquotes. */
export interface Emptiness {
  title: string
  text: string
  action: "retry" | "list" | null
}

/** Why there are no tiles, and what to do. */
export function emptiness(catalogue: Catalogue | null, error: string | null, series: string): Emptiness {
  if (error) return { title: "The results cannot be listed", text: error, action: "retry" }
  if (!catalogue) return { title: "Loading", text: "Asking what results there are.", action: null }
  if (!catalogue.entries.length) {
    const text = "Run `lossatlas slice … --store PATH.zarr`: the result appears here while it is being computed."
    return { title: "No results yet", text, action: null }
  }
  if (series) return { title: "This series is not here", text: "Choose another one from the list.", action: "list" }
  return { title: "Nothing chosen", text: `Choose up to ${MOST_TILES} results; they are shown side by side.`, action: "list" }
}

/** How pictures are made here, in a word, and why. */
export interface Remark {
  kind: "flat" | "software"
  text: string
  why: string
}

/** A word on the renderer and the reason; null where all is as it should be. */
export function remark({ documents, solid }: Scene): Remark | null {
  if (!documents.some((item) => item.field || item.volume)) return null
  if (webgl() === "none") {
    const why = "This browser offers no WebGL, so results are drawn flat; hardware acceleration, in its settings, brings 3-D back."
    return { kind: "flat", text: "no WebGL here: drawn flat", why }
  }
  if (webgl() === "hardware" || !solid) return null
  const why = "Drawn without a graphics processor, in lower quality while it moves. Settings has a high quality for still pictures."
  return { kind: "software", text: "software 3-D", why }
}
