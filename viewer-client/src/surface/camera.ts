/**
 * Where the camera stands: two angles, a distance and a target, so that a view can be written into an address and shared by tiles.
 *
 * z points up. The upward direction of the picture is the derivative of the viewing direction in the elevation, which is defined at every
 * elevation; looking straight down is nothing special.
 */

import type { Camera } from "../contract"

export type Vector = [number, number, number]

export const HOME: Camera = { azimuth: -58, elevation: 33, distance: 3.35, target: [0, 0, -0.04] }

/** Height of the field of view in degrees, in a picture that is not narrow. */
export const FIELD_OF_VIEW = 26

const NEAREST = 0.25
const FARTHEST = 12
const REACH = 1.5

export interface Pose {
  eye: Vector
  up: Vector
  /** to the right in the picture */
  right: Vector
}

/** Where the eye is, and which way is up and right. */
export function pose(camera: Camera): Pose {
  const azimuth = (camera.azimuth * Math.PI) / 180
  const elevation = (camera.elevation * Math.PI) / 180
  const [ca, sa, ce, se] = [Math.cos(azimuth), Math.sin(azimuth), Math.cos(elevation), Math.sin(elevation)]
  const [x, y, z] = camera.target
  const d = camera.distance
  return { eye: [x + d * ce * ca, y + d * ce * sa, z + d * se], up: [-se * ca, -se * sa, ce], right: [-sa, ca, 0] }
}

/** A camera within bounds: azimuth in −180 … 180, elevation up to 90, a sensible distance and target. */
export function bounded(camera: Camera): Camera {
  const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value))
  const azimuth = ((((camera.azimuth + 180) % 360) + 360) % 360) - 180
  return {
    azimuth,
    elevation: clamp(camera.elevation, -60, 90),
    distance: clamp(camera.distance, NEAREST, FARTHEST),
    target: camera.target.map((value) => clamp(value, -REACH, REACH)) as Vector,
  }
}

export function orbit(camera: Camera, azimuth: number, elevation: number): Camera {
  return bounded({ ...camera, azimuth: camera.azimuth + azimuth, elevation: camera.elevation + elevation })
}

export function zoom(camera: Camera, factor: number): Camera {
  return bounded({ ...camera, distance: camera.distance * factor })
}

/** Move the target by parts of the picture's height: what lay under the hand stays under it. */
export function pan(camera: Camera, right: number, up: number): Camera {
  const { right: r, up: u } = pose(camera)
  const height = 2 * camera.distance * Math.tan((FIELD_OF_VIEW * Math.PI) / 360)
  const target = camera.target.map((value, k) => value - height * (right * r[k] + up * u[k])) as Vector
  return bounded({ ...camera, target })
}

/** Below this width / height a picture is narrow: it sees as much across as one of this shape. */
const NARROW = 1.2

export function fieldOfView(aspect: number): number {
  if (aspect >= NARROW) return FIELD_OF_VIEW
  return (2 * Math.atan((Math.tan((FIELD_OF_VIEW * Math.PI) / 360) * NARROW) / aspect) * 180) / Math.PI
}

export function sameCamera(a: Camera, b: Camera, slack = 1e-6): boolean {
  const near = (p: number, q: number) => Math.abs(p - q) <= slack * Math.max(1, Math.abs(p))
  return near(a.azimuth, b.azimuth) && near(a.elevation, b.elevation) && near(a.distance, b.distance)
    && a.target.every((value, k) => near(value, b.target[k]))
}
