/**
 * What the parts of the client promise each other.
 *
 * The page (app/) owns the state, which is the part of the address behind "#"; it asks a Source for documents and shows each in a View:
 * a surface (surface/), its flat twin on a 2-D canvas (flat/), a volume (volume/), or a chart (chart/). A View draws on demand, when it is
 * told of a document, settings, a size or a camera, and never in a loop that runs freely.
 */

import type { Catalogue, Changed, Document } from "./types"
import type { ColorMapName } from "./colormaps"

/** Where a camera looks from: angles in degrees (elevation 90 looks straight down), distance in lengths of the box, target in box units. */
export interface Camera {
  azimuth: number
  elevation: number
  distance: number
  target: [number, number, number]
}

/** How results are drawn: all of it is in the address, and shared by all tiles. Empty strings and nulls mean "choose for me". */
export interface Look {
  /** the quantity that is the height (in flat views: what is drawn) */
  height: string
  /** the quantity that colours; empty: the height. "evaluated" colours what was evaluated and what was predicted */
  color: string
  scale: "auto" | "linear" | "log"
  /** values above are cut off there (flat top); null: not clipped */
  clip: number | null
  map: ColorMapName
  theme: "light" | "dark"
  contours: boolean
  /** the contour map on the floor below the surface */
  floor: boolean
  /** tracks at their own true values, dropped onto the surface, or not drawn */
  tracks: "true" | "dropped" | "off"
  /** the time slider: tracks are drawn up to this share (0…1) of their steps */
  time: number
  /** which sheet (split, repeat, layer) of a document, by its name; empty: the first */
  sheet: string
  /** volumes: share (0…1) of the range where the iso-surface lies, and the cut: which coordinate, and where (0…1) */
  iso: number
  cutAxis: "x" | "y" | "z"
  cut: number
  /** flat asks for the 2-D canvas even where there is WebGL */
  mode: "auto" | "flat"
  quality: "auto" | "low" | "high"
}

/** What tiles side by side, or frames of a sequence, have in common; null: each for itself. */
export interface Shared {
  /** range of the height and of the colour quantity, raw values */
  height: [number, number] | null
  color: [number, number] | null
  /** ranges of the axes */
  x: [number, number] | null
  y: [number, number] | null
}

/** What lies under the pointer: lines of name and text, such as ("loss", "0.345 ± 0.012"). */
export interface Readout {
  lines: [string, string][]
}

/** What a View tells the page. */
export interface Callbacks {
  /** somebody moved the camera of this view; the page gives it to the other tiles and, when the hand rests (settled), to the address */
  onCamera(camera: Camera, settled: boolean): void
  onHover(readout: Readout | null): void
  /** the first useful picture is there */
  onReady(): void
  /** this view cannot go on (WebGL was lost for good): the page replaces it by the flat one and says so */
  onFailed(reason: string): void
}

/** A triangle mesh in data coordinates, for OBJ and glTF. */
export interface Mesh {
  positions: Float32Array // (n, 3)
  colors: Float32Array // (n, 3), 0…1
  indices: Uint32Array // (m, 3)
}

/** The picture in one tile. */
export interface View {
  readonly element: HTMLElement
  /** new data, settings or shared ranges; keeps what has not changed */
  update(document: Document, look: Look, shared: Shared): void
  setCamera?(camera: Camera): void
  getCamera?(): Camera
  /** draw at the size that the element has now */
  resize(): void
  /** the picture in pixels, scale times as large as on the screen: for files and films */
  canvas(scale: number): Promise<HTMLCanvasElement>
  /** two-dimensional views: the picture as SVG */
  svg?(): string
  mesh?(): Mesh
  /** what a person who sees no picture is told, in a sentence or two */
  describe(): string
  dispose(): void
}

export type MakeView = (callbacks: Callbacks) => View

/** Where documents come from: a server, or the page itself. */
export interface Source {
  /** whether results can change while they are looked at */
  readonly live: boolean
  catalogue(): Promise<Catalogue>
  /** rejects with an Error whose message can be shown */
  document(id: string): Promise<Document>
  /** called with every change, and with the state of the connection; returns a function that ends it */
  watch(onChange: (changed: Changed) => void, onState: (state: "open" | "lost") => void): () => void
}
