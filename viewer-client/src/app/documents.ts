/**
 * The documents that are looked at, each fetched once at a time: while one is on its way, any number of changes lead to one more fetch
 * after it, so that thousands of messages do not pile up and what is shown last is the latest.
 */

import type { Source } from "../contract"
import type { Document, Entry } from "../types"

export interface Slot {
  document: Document | null
  /** why the last fetch failed; what was fetched before stays */
  error: string | null
  loading: boolean
}

const NOTHING: Slot = { document: null, error: null, loading: false }

/** So many documents that nobody looks at any more are kept, for the back button. */
const SPARE = 8

export class Documents {
  private readonly slots = new Map<string, Slot>()
  /** what changed while it was on its way, and into which revision */
  private readonly again = new Map<string, string>()
  private wanted = new Set<string>()

  constructor(
    private readonly source: Pick<Source, "document">,
    private readonly onSlot: (id: string) => void,
  ) {}

  slot(id: string): Slot {
    return this.slots.get(id) ?? NOTHING
  }

  /** These are looked at now: what is missing is fetched, what nobody looks at is let go in time. */
  want(ids: readonly string[]): void {
    this.wanted = new Set(ids)
    for (const id of this.wanted) {
      const slot = this.slot(id)
      if (!slot.document && !slot.loading && !slot.error) void this.fetch(id)
      else if (slot.document) this.slots.set(id, this.take(id)) // now the last one to be let go
    }
    const spare = [...this.slots.keys()].filter((id) => !this.wanted.has(id))
    for (const id of spare.slice(0, Math.max(0, spare.length - SPARE))) this.slots.delete(id)
  }

  /** An entry changed: it is fetched again if it is looked at, and forgotten otherwise. */
  changed(entry: Entry): void {
    const slot = this.slots.get(entry.id)
    if (!slot) return
    if (slot.document?.entry.revision === entry.revision && !slot.error && !slot.loading) return
    if (slot.loading) this.again.set(entry.id, entry.revision)
    else if (this.wanted.has(entry.id)) void this.fetch(entry.id)
    else this.slots.delete(entry.id)
  }

  /** Try again what failed. */
  retry(id: string): void {
    if (!this.slot(id).loading) void this.fetch(id)
  }

  gone(id: string): void {
    const slot = this.slots.get(id)
    if (!slot) return
    this.put(id, { ...slot, error: "this result is no longer in the store", loading: false })
  }

  private take(id: string): Slot {
    const slot = this.slot(id)
    this.slots.delete(id)
    return slot
  }

  private put(id: string, slot: Slot): void {
    this.slots.set(id, slot)
    this.onSlot(id)
  }

  private async fetch(id: string): Promise<void> {
    this.put(id, { ...this.slot(id), loading: true })
    do {
      this.again.delete(id)
      try {
        const document = await this.source.document(id)
        if (this.again.get(id) === document.entry.revision) this.again.delete(id) // it came with that change
        this.put(id, { document, error: null, loading: this.again.has(id) })
      } catch (error) {
        this.put(id, { ...this.slot(id), error: error instanceof Error ? error.message : String(error), loading: this.again.has(id) })
      }
    } while (this.again.has(id) && this.wanted.has(id))
    if (this.again.delete(id)) this.slots.delete(id)
  }
}
