/**
 * Where documents come from: the server that served the page, or the page itself (`lossatlas export`).
 *
 * The server asks for the token of the address in a header; its socket needs it in the query, as browsers set no headers there. The
 * socket says first what there is and then what changed. When it is lost it is tried again, a little later each time; what it says first
 * is then compared with what is known, so that nothing that happened meanwhile is missed and nothing is replayed.
 */

import type { Source } from "../contract"
import type { Catalogue, Changed, Document, Entry, Inlined } from "../types"

/** The id of the element that holds the data of a self-contained page. */
export const INLINED = "lossatlas-inlined"

/** Everything that a self-contained page carries; null in a page that a server gave. */
export function readInlined(page: globalThis.Document = document): Inlined | null {
  const text = page.getElementById(INLINED)?.textContent?.trim()
  return text ? (JSON.parse(text) as Inlined) : null
}

/** A page that carries its own data: nothing changes. */
export function inlinedSource(inlined: Inlined): Source {
  const documents = new Map(inlined.documents.map((item) => [item.entry.id, item]))
  return {
    live: false,
    catalogue: async () => inlined.catalogue,
    document: async (id) => {
      const found = documents.get(id)
      if (!found) throw new Error(`this page does not hold “${id}”; export it again with that result in the store`)
      return found
    },
    watch: (_onChange, onState) => {
      onState("open")
      return () => {}
    },
  }
}

/** What of a catalogue is new against what was known. */
export function difference(known: ReadonlyMap<string, Entry>, entries: readonly Entry[]): Changed {
  const ids = new Set(entries.map((entry) => entry.id))
  return {
    entries: entries.filter((entry) => JSON.stringify(known.get(entry.id)) !== JSON.stringify(entry)),
    gone: [...known.keys()].filter((id) => !ids.has(id)),
  }
}

const FIRST_WAIT = 400
const LONGEST_WAIT = 8000

/** The server that gave the page. `token` is that of the address. */
export function serverSource(token: string, base: string = location.href): Source {
  const known = new Map<string, Entry>()

  const learn = (changed: Changed): void => {
    for (const entry of changed.entries) known.set(entry.id, entry)
    for (const id of changed.gone) known.delete(id)
  }

  const ask = async <T>(path: string): Promise<T> => {
    let answer: Response
    try {
      answer = await fetch(new URL(path, base), { headers: { "X-Lossatlas-Token": token }, cache: "no-store" })
    } catch {
      throw new Error("the server does not answer; is `lossatlas view` still running?")
    }
    if (!answer.ok) throw new Error(await reason(answer))
    return (await answer.json()) as T
  }

  return {
    live: true,
    catalogue: async () => {
      const catalogue = await ask<Catalogue>("api/catalogue")
      learn(difference(known, catalogue.entries))
      return catalogue
    },
    document: (id) => ask<Document>(`api/document/${encodeURIComponent(id)}`),
    watch: (onChange, onState) => {
      const hear = (changed: Changed): void => {
        learn(changed)
        if (changed.entries.length || changed.gone.length) onChange(changed)
      }
      return connect(
        socketAddress(token, base),
        (message) => {
          if (message.type === "catalogue") hear(difference(known, (message as unknown as Catalogue).entries))
          else if (message.type === "changed") hear({ entries: message.entries ?? [], gone: message.gone ?? [] })
        },
        onState,
      )
    },
  }
}

async function reason(answer: Response): Promise<string> {
  if (answer.status === 401 || answer.status === 403) {
    return "the server does not know this page's token; open the address that `lossatlas view` printed when it started"
  }
  try {
    const { error } = (await answer.json()) as { error?: string }
    if (error) return error
  } catch {
    // not JSON: the status is all there is
  }
  return `the server answered ${answer.status} ${answer.statusText}`.trim()
}

function socketAddress(token: string, base: string): string {
  const address = new URL("api/live", base)
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:"
  address.search = `?token=${encodeURIComponent(token)}`
  address.hash = ""
  return address.href
}

interface Message extends Partial<Changed> {
  type: string
}

/** A socket that is opened again whenever it is lost, until the function returned is called. */
function connect(address: string, onMessage: (message: Message) => void, onState: (state: "open" | "lost") => void): () => void {
  let socket: WebSocket | null = null
  let wait = FIRST_WAIT
  let timer: ReturnType<typeof setTimeout> | undefined
  let ended = false

  const open = (): void => {
    clearTimeout(timer)
    const mine = (socket = new WebSocket(address))
    mine.onmessage = (event) => {
      wait = FIRST_WAIT
      onState("open")
      const message = parse(event.data)
      if (message) onMessage(message)
    }
    mine.onclose = () => {
      if (ended || mine !== socket) return
      onState("lost")
      timer = setTimeout(open, wait * (0.75 + 0.5 * Math.random()))
      wait = Math.min(2 * wait, LONGEST_WAIT)
    }
  }
  const hurry = (): void => {
    if (document.visibilityState === "visible" && socket?.readyState === WebSocket.CLOSED) open()
  }
  addEventListener("online", hurry)
  document.addEventListener("visibilitychange", hurry)
  open()
  return () => {
    ended = true
    clearTimeout(timer)
    removeEventListener("online", hurry)
    document.removeEventListener("visibilitychange", hurry)
    socket?.close()
  }
}

function parse(data: unknown): Message | null {
  try {
    const message: unknown = JSON.parse(String(data))
    return typeof message === "object" && message !== null && "type" in message ? (message as Message) : null
  } catch {
    return null // a message cut off by a lost connection; the next one says all
  }
}
