/**
 * The window of data that is seen, and the frame of pixels where it is seen.
 *
 * With equal units the frame has the shape of the whole field, in the largest box that there is room for; zooming keeps that shape.
 */

import type { Window } from "./raster"

export interface Frame {
  left: number
  top: number
  width: number
  height: number
}

/** The frame in a box: all of it, or as much of it as equal units allow, in its middle. */
export function fit(box: Frame, home: Window, equal: boolean): Frame {
  if (!equal) return box
  const shape = (home.y1 - home.y0) / (home.x1 - home.x0)
  const width = Math.min(box.width, box.height / shape)
  const height = width * shape
  return { left: box.left + (box.width - width) / 2, top: box.top + (box.height - height) / 2, width, height }
}

export function toX(window: Window, frame: Frame, x: number): number {
  return frame.left + ((x - window.x0) / (window.x1 - window.x0)) * frame.width
}

export function toY(window: Window, frame: Frame, y: number): number {
  return frame.top + ((window.y1 - y) / (window.y1 - window.y0)) * frame.height
}

export function fromX(window: Window, frame: Frame, px: number): number {
  return window.x0 + ((px - frame.left) / frame.width) * (window.x1 - window.x0)
}

export function fromY(window: Window, frame: Frame, py: number): number {
  return window.y1 - ((py - frame.top) / frame.height) * (window.y1 - window.y0)
}

const CLOSEST = 500

/** A window `factor` times as wide around a place that stays where it is; never beyond the whole, nor closer than 1/500 of it. */
export function zoomed(window: Window, home: Window, x: number, y: number, factor: number): Window {
  const whole = home.x1 - home.x0
  const wide = Math.min(Math.max(((window.x1 - window.x0) * factor) / whole, 1 / CLOSEST), 1)
  const width = wide * whole
  const height = wide * (home.y1 - home.y0)
  const shareX = (x - window.x0) / (window.x1 - window.x0)
  const shareY = (y - window.y0) / (window.y1 - window.y0)
  return inside({ x0: x - shareX * width, x1: x + (1 - shareX) * width, y0: y - shareY * height, y1: y + (1 - shareY) * height }, home)
}

/** A window moved by so much of the data, kept inside the whole. */
export function moved(window: Window, home: Window, dx: number, dy: number): Window {
  return inside({ x0: window.x0 + dx, x1: window.x1 + dx, y0: window.y0 + dy, y1: window.y1 + dy }, home)
}

function inside(window: Window, home: Window): Window {
  const shift = (low: number, high: number, first: number, last: number) => low < first ? first - low : high > last ? last - high : 0
  const dx = shift(window.x0, window.x1, home.x0, home.x1)
  const dy = shift(window.y0, window.y1, home.y0, home.y1)
  return { x0: window.x0 + dx, x1: window.x1 + dx, y0: window.y0 + dy, y1: window.y1 + dy }
}
