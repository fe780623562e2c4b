/** The 3-D views. */

export { makeSurface } from "./surface"
export { makeVolume } from "./volume"
export { webgl } from "./webgl"
