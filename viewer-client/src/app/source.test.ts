// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import type { Source } from "../contract"
import type { Changed, Document, Entry, Inlined } from "../types"
import { Documents } from "./documents"
import { difference, INLINED, inlinedSource, readInlined, serverSource } from "./source"

function entry(id: string, revision = "1"): Entry {
  return { id, title: id, kind: "slice", store: "s", dims: "", revision, done: 1, total: 1, live: false, error: null }
}

function doc(id: string, revision = "1"): Document {
  return { entry: entry(id, revision), caption: "", facts: [], field: null, volume: null, figure: null }
}

class Socket {
  static all: Socket[] = []
  static readonly CLOSED = 3
  readyState = 1
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: (() => void) | null = null
  constructor(readonly address: string) {
    Socket.all.push(this)
  }
  say(message: unknown): void {
    this.onmessage?.({ data: typeof message === "string" ? message : JSON.stringify(message) })
  }
  close(): void {
    this.readyState = 3
    this.onclose?.()
  }
}

describe("the page as a source", () => {
  const inlined: Inlined = { catalogue: { version: "1", entries: [entry("a</b>")] }, documents: [doc("a</b>")], view: "ids=a" }

  it("is read from its element, and there is none in a page of a server", () => {
    expect(readInlined()).toBeNull()
    const element = document.createElement("script")
    element.id = INLINED
    element.type = "application/json"
    element.textContent = JSON.stringify(inlined)
    document.body.append(element)
    expect(readInlined()).toEqual(inlined)
    element.remove()
  })

  it("gives its documents and says what it lacks", async () => {
    const source = inlinedSource(inlined)
    expect((await source.catalogue()).entries).toHaveLength(1)
    expect((await source.document("a</b>")).entry.id).toBe("a</b>")
    await expect(source.document("x")).rejects.toThrow(/does not hold “x”/)
    const state = vi.fn()
    source.watch(() => {}, state)()
    expect(state).toHaveBeenCalledWith("open")
  })
})

describe("the server as a source", () => {
  let fetched: ReturnType<typeof vi.fn>
  const BASE = "http://127.0.0.1:8765/?token=secret#ids=a"

  beforeEach(() => {
    vi.useFakeTimers()
    Socket.all = []
    vi.stubGlobal("WebSocket", Socket)
    fetched = vi.fn()
    vi.stubGlobal("fetch", fetched)
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })

  it("sends the token in a header and the id as one part of the path", async () => {
    fetched.mockResolvedValue(new Response(JSON.stringify(doc("a/b?<"))))
    expect((await serverSource("secret", BASE).document("a/b?<")).entry.id).toBe("a/b?<")
    expect(String(fetched.mock.calls[0][0])).toBe("http://127.0.0.1:8765/api/document/a%2Fb%3F%3C")
    expect(fetched.mock.calls[0][1].headers).toEqual({ "X-Lossatlas-Token": "secret" })
  })

  it.each([
    [new Response('{"error": "no such result"}', { status: 404 }), /^no such result$/],
    [new Response("oops", { status: 500, statusText: "Broken" }), /500 Broken/],
    [new Response("{}", { status: 403 }), /open the address that `lossatlas view` printed/],
  ])("gives words for a person when the server says no", async (answer, words) => {
    fetched.mockResolvedValue(answer)
    await expect(serverSource("t", BASE).document("a")).rejects.toThrow(words)
  })

  it("says so when there is no server", async () => {
    fetched.mockRejectedValue(new TypeError("Failed to fetch"))
    await expect(serverSource("t", BASE).catalogue()).rejects.toThrow(/still running/)
  })

  it("tells only what is new when the socket opens, and then each change", async () => {
    fetched.mockResolvedValue(new Response(JSON.stringify({ version: "1", entries: [entry("a"), entry("b")] })))
    const source = serverSource("s&t", BASE)
    await source.catalogue()
    const changes: Changed[] = []
    const end = source.watch(
      (changed) => changes.push(changed),
      () => {},
    )
    expect(Socket.all[0].address).toBe("ws://127.0.0.1:8765/api/live?token=s%26t")
    Socket.all[0].say({ type: "catalogue", version: "1", entries: [entry("a"), entry("b")] })
    expect(changes).toEqual([])
    Socket.all[0].say({ type: "changed", entries: [entry("a", "2")], gone: [] })
    Socket.all[0].say("{cut off")
    expect(changes).toEqual([{ entries: [entry("a", "2")], gone: [] }])
    end()
  })

  it("comes back after a loss, later each time, and catches up by the catalogue", () => {
    const states: string[] = []
    const changes: Changed[] = []
    const end = serverSource("t", BASE).watch(
      (changed) => changes.push(changed),
      (state) => states.push(state),
    )
    Socket.all[0].say({ type: "catalogue", version: "1", entries: [entry("a"), entry("b")] })
    Socket.all[0].close()
    expect(states).toEqual(["open", "lost"])
    vi.advanceTimersByTime(600)
    expect(Socket.all).toHaveLength(2)
    Socket.all[1].close()
    vi.advanceTimersByTime(550)
    expect(Socket.all).toHaveLength(2) // waits longer the second time
    vi.advanceTimersByTime(600)
    expect(Socket.all).toHaveLength(3)
    Socket.all[2].say({ type: "catalogue", version: "1", entries: [entry("b"), entry("c", "9")] })
    expect(states.at(-1)).toBe("open")
    expect(changes.at(-1)).toEqual({ entries: [entry("c", "9")], gone: ["a"] })
    end()
    vi.advanceTimersByTime(60_000)
    expect(Socket.all).toHaveLength(3)
  })

  it("finds differences of entries and what is gone", () => {
    const known = new Map([
      ["a", entry("a")],
      ["b", entry("b")],
    ])
    expect(difference(known, [entry("a", "2")])).toEqual({ entries: [entry("a", "2")], gone: ["b"] })
  })
})

describe("the documents", () => {
  function slow(): { source: Pick<Source, "document">; answers: ((value: Document | Error) => void)[] } {
    const answers: ((value: Document | Error) => void)[] = []
    const document = () =>
      new Promise<Document>((resolve, reject) => answers.push((value) => (value instanceof Error ? reject(value) : resolve(value))))
    return { source: { document }, answers }
  }
  const settle = async () => {
    for (let k = 0; k < 5; k++) await Promise.resolve()
  }

  it("fetches once more after a thousand changes, and shows the latest", async () => {
    const { source, answers } = slow()
    const documents = new Documents(source, () => {})
    documents.want(["a"])
    for (let k = 0; k < 1000; k++) documents.changed(entry("a", String(k)))
    expect(answers).toHaveLength(1)
    answers[0](doc("a", "0"))
    await settle()
    expect(answers).toHaveLength(2)
    expect(documents.slot("a")).toMatchObject({ loading: true, document: { entry: { revision: "0" } } })
    answers[1](doc("a", "999"))
    await settle()
    expect(documents.slot("a")).toMatchObject({ loading: false, error: null, document: { entry: { revision: "999" } } })
    expect(answers).toHaveLength(2)
  })

  it("does not fetch again for a change that came with the document", async () => {
    const { source, answers } = slow()
    const documents = new Documents(source, () => {})
    documents.want(["a"])
    documents.changed(entry("a", "7")) // the first list of results, while the document is on its way
    answers[0](doc("a", "7"))
    await settle()
    expect(answers).toHaveLength(1)
    expect(documents.slot("a")).toMatchObject({ loading: false, document: { entry: { revision: "7" } } })
  })

  it("does not fetch what nobody looks at, nor what is the same", async () => {
    const { source, answers } = slow()
    const documents = new Documents(source, () => {})
    documents.changed(entry("a", "2"))
    expect(answers).toHaveLength(0)
    documents.want(["a"])
    answers[0](doc("a", "2"))
    await settle()
    documents.changed(entry("a", "2"))
    expect(answers).toHaveLength(1)
    documents.want([])
    documents.changed(entry("a", "3"))
    expect(answers).toHaveLength(1)
    documents.want(["a"])
    expect(answers).toHaveLength(2)
  })

  it("keeps what it had when a fetch fails, and tries again when asked", async () => {
    const { source, answers } = slow()
    const documents = new Documents(source, () => {})
    documents.want(["a"])
    answers[0](doc("a"))
    await settle()
    documents.changed(entry("a", "2"))
    answers[1](new Error("gone away"))
    await settle()
    expect(documents.slot("a")).toMatchObject({ error: "gone away", loading: false, document: { entry: { revision: "1" } } })
    documents.retry("a")
    answers[2](doc("a", "2"))
    await settle()
    expect(documents.slot("a").error).toBeNull()
  })

  it("lets go of what was looked at long ago", async () => {
    const documents = new Documents({ document: async (id) => doc(id) }, () => {})
    for (let k = 0; k < 30; k++) {
      documents.want([`d${k}`])
      await settle()
    }
    documents.want([])
    expect(documents.slot("d0").document).toBeNull()
    expect(documents.slot("d29").document).not.toBeNull()
  })
})
