/**
 * Films: pictures one after another, as an animated GIF (by gifenc) or as a video (by the browser's own recorder: MP4 where it makes MP4,
 * else WebM). Pictures are asked for one at a time, so a film needs no more memory than a few of them.
 */

import { applyPalette, GIFEncoder, quantize } from "gifenc"
import type { Palette } from "gifenc"

export interface Film {
  count: number
  /** of each picture, in seconds */
  seconds: number
  at(frame: number): Promise<HTMLCanvasElement>
}

export interface Course {
  /** told after each picture; throws to stop */
  onProgress(done: number, of: number): void
}

const SAMPLES = 4

function pixels(canvas: HTMLCanvasElement): Uint8ClampedArray {
  return canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height).data
}

/** One palette for the whole film, of a few of its pictures: the colours do not flicker. */
async function paletteOf(film: Film): Promise<Palette> {
  const picks = new Set(Array.from({ length: SAMPLES }, (_, k) => Math.round((k * (film.count - 1)) / (SAMPLES - 1))))
  const sampled: Uint8ClampedArray[] = []
  for (const frame of picks) sampled.push(pixels(await film.at(frame)))
  const all = new Uint8ClampedArray(sampled.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const some of sampled) {
    all.set(some, at)
    at += some.length
  }
  return quantize(all, 256)
}

export async function gif(film: Film, course: Course): Promise<Blob> {
  const palette = await paletteOf(film)
  const stream = GIFEncoder()
  for (let frame = 0; frame < film.count; frame++) {
    const canvas = await film.at(frame)
    addFrame(stream, pixels(canvas), canvas.width, canvas.height, frame === 0 ? palette : null, palette, film.seconds)
    course.onProgress(frame + 1, film.count)
    await new Promise((resolve) => setTimeout(resolve)) // lets the page breathe
  }
  stream.finish()
  return new Blob([stream.bytes()], { type: "image/gif" })
}

/** GIF counts hundredths of a second, and players take no less than two. */
export function addFrame(
  stream: ReturnType<typeof GIFEncoder>,
  rgba: Uint8ClampedArray,
  width: number,
  height: number,
  first: Palette | null,
  palette: Palette,
  seconds: number,
): void {
  const delay = Math.max(20, 10 * Math.round(100 * seconds))
  stream.writeFrame(applyPalette(rgba, palette), width, height, { palette: first ?? undefined, delay, repeat: 0 })
}

const TYPES = [
  "video/mp4;codecs=avc1.640028",
  "video/mp4;codecs=avc1.42E01F",
  "video/mp4",
  "video/webm;codecs=vp9",
  "video/webm;codecs=vp8",
  "video/webm",
]

/** What this browser records: MP4 if it can. */
export function videoType(): { mime: string; extension: "mp4" | "webm" } | null {
  if (typeof MediaRecorder === "undefined" || !("captureStream" in HTMLCanvasElement.prototype)) return null
  const mime = TYPES.find((type) => MediaRecorder.isTypeSupported(type))
  return mime ? { mime, extension: mime.startsWith("video/mp4") ? "mp4" : "webm" } : null
}

/** A stream of a canvas, and what takes a picture of it: asked of the track, in Firefox of the stream; else the browser takes its own. */
export function tap(canvas: HTMLCanvasElement, seconds: number): { stream: MediaStream; shoot: () => void } {
  const stream: MediaStream & { requestFrame?(): void } = canvas.captureStream(0)
  const track = stream.getVideoTracks()[0] as MediaStreamTrack & { requestFrame?(): void }
  if (track.requestFrame) return { stream, shoot: () => track.requestFrame!() }
  if (stream.requestFrame) return { stream, shoot: () => stream.requestFrame!() }
  track.stop()
  return { stream: canvas.captureStream(1 / seconds), shoot: () => {} }
}

/** Pictures are drawn first and then recorded in real time, so that a slow renderer makes no slow film. */
export async function video(film: Film, course: Course): Promise<Blob> {
  const type = videoType()
  if (!type) throw new Error("this browser records no video; save a GIF instead")
  const pictures: Blob[] = []
  for (let frame = 0; frame < film.count; frame++) {
    pictures.push(await encoded(await film.at(frame)))
    course.onProgress(frame + 1, 2 * film.count)
  }
  const canvas = document.createElement("canvas")
  const first = await createImageBitmap(pictures[0])
  ;[canvas.width, canvas.height] = [first.width, first.height]
  const pen = canvas.getContext("2d")!
  pen.drawImage(first, 0, 0)
  const { stream, shoot } = tap(canvas, film.seconds)
  const recorder = new MediaRecorder(stream, { mimeType: type.mime, videoBitsPerSecond: 12e6 })
  const chunks: Blob[] = []
  recorder.ondataavailable = ({ data }) => chunks.push(data)
  const ended = new Promise<void>((resolve, reject) => {
    recorder.onstop = () => resolve()
    recorder.onerror = () => reject(new Error("the browser's recorder stopped; save a GIF instead"))
  })
  recorder.start()
  try {
    const begin = performance.now()
    for (let frame = 0; frame <= film.count; frame++) {
      const image = await createImageBitmap(pictures[Math.min(frame, film.count - 1)]) // the last one twice: it lasts as long as the others
      await new Promise((resolve) => setTimeout(resolve, begin + 1000 * frame * film.seconds - performance.now()))
      pen.drawImage(image, 0, 0)
      image.close()
      shoot()
      course.onProgress(film.count + Math.min(frame + 1, film.count), 2 * film.count)
    }
    recorder.stop()
    await ended
  } finally {
    for (const track of stream.getTracks()) track.stop()
  }
  return new Blob(chunks, { type: type.mime.split(";")[0] })
}

export function encoded(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error("the picture is too large for this browser; save it smaller"))),
      "image/png",
    )
  })
}
