// @vitest-environment jsdom
import { afterEach, describe, expect, it, vi } from "vitest"
import { tap, videoType } from "./film"

afterEach(() => vi.unstubAllGlobals())

function canvas(track: object, stream: object) {
  const captureStream = vi.fn(() => ({ getVideoTracks: () => [track], ...stream }))
  return { element: { captureStream } as unknown as HTMLCanvasElement, captureStream }
}

describe("recording a canvas", () => {
  it("asks the track for each picture, in Firefox the stream, and lets the browser take its own where neither can be asked", () => {
    const [ofTrack, ofStream, stop] = [vi.fn(), vi.fn(), vi.fn()]
    tap(canvas({ requestFrame: ofTrack }, {}).element, 0.1).shoot()
    expect(ofTrack).toHaveBeenCalledOnce()
    tap(canvas({ stop }, { requestFrame: ofStream }).element, 0.1).shoot()
    expect(ofStream).toHaveBeenCalledOnce()
    const { element, captureStream } = canvas({ stop }, {})
    tap(element, 0.1).shoot()
    expect(captureStream.mock.calls).toEqual([[0], [10]])
    expect(stop).toHaveBeenCalledOnce()
  })

  it("is offered only where the browser can record a canvas, as MP4 if it can", () => {
    expect(videoType()).toBeNull()
    vi.stubGlobal("MediaRecorder", { isTypeSupported: (type: string) => type.startsWith("video/webm") })
    expect(videoType()).toBeNull() // no canvas can be recorded here
    Object.defineProperty(HTMLCanvasElement.prototype, "captureStream", { value: () => {}, configurable: true })
    expect(videoType()).toEqual({ mime: "video/webm;codecs=vp9", extension: "webm" })
    vi.stubGlobal("MediaRecorder", { isTypeSupported: () => true })
    expect(videoType()!.extension).toBe("mp4")
    delete (HTMLCanvasElement.prototype as { captureStream?: unknown }).captureStream
  })
})
