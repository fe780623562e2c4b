/** What there is to look at: entries in groups by store, found by words and kinds, and the series among them that can play in time. */

import type { Catalogue, Changed, Entry } from "../types"

/** Results that differ in one number, such as the slices of the steps of a run. */
export interface Series {
  /** the ids' common words, with * in the place of the number: stable, and part of the address */
  key: string
  title: string
  entries: Entry[]
}

/** The catalogue after a change; entries keep their order, new ones come after those of their store. */
export function apply(catalogue: Catalogue, changed: Changed): Catalogue {
  const news = new Map(changed.entries.map((entry) => [entry.id, entry]))
  const gone = new Set(changed.gone)
  const entries = catalogue.entries.filter((entry) => !gone.has(entry.id)).map((entry) => news.get(entry.id) ?? entry)
  const known = new Set(catalogue.entries.map((entry) => entry.id))
  return { ...catalogue, entries: [...entries, ...changed.entries.filter((entry) => !known.has(entry.id) || gone.has(entry.id))] }
}

/** Entries whose title, store, kind or dims hold every word, of one of the kinds (none given: of any). */
export function find(entries: readonly Entry[], text: string, kinds: ReadonlySet<string>): Entry[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  return entries.filter((entry) => {
    if (kinds.size && !kinds.has(entry.kind)) return false
    const all = `${entry.title} ${entry.store} ${entry.kind} ${entry.dims} ${entry.id}`.toLowerCase()
    return words.every((word) => all.includes(word))
  })
}

/** In groups by store, in the order in which the stores come. */
export function byStore(entries: readonly Entry[]): Map<string, Entry[]> {
  const groups = new Map<string, Entry[]>()
  for (const entry of entries) {
    const group = groups.get(entry.store)
    if (group) group.push(entry)
    else groups.set(entry.store, [entry])
  }
  return groups
}

const NUMBERED = /^(.*?)(\d+)$/s

/** The series among entries: those of one kind whose ids differ in the number that they end with, two steps or three of anything else. */
export function findSeries(entries: readonly Entry[]): Series[] {
  const found = new Map<string, { number: number; entry: Entry }[]>()
  for (const entry of entries) {
    const [, stem, digits] = NUMBERED.exec(entry.id) ?? []
    if (stem === undefined || entry.error !== null) continue
    const key = `${stem}*`
    const of = found.get(key)
    if (!of) found.set(key, [{ number: Number(digits), entry }])
    else if (of[0].entry.kind === entry.kind) of.push({ number: Number(digits), entry })
  }
  const out: Series[] = []
  for (const [key, of] of found) {
    if (of.length < (/(step|epoch)\*$/.test(key) ? 2 : 3)) continue
    of.sort((a, b) => a.number - b.number)
    out.push({ key, title: stem(of[0].entry.title), entries: of.map(({ entry }) => entry) })
  }
  return out
}

function stem(title: string): string {
  const [, words] = NUMBERED.exec(title) ?? []
  return (words ?? title).replace(/[\s/_·:-]*(step|epoch)?[\s/_·:-]*$/, "") || title
}

/** How far an entry is, in words; empty where nothing is counted or all is done. */
export function progress(entry: Entry): string {
  if (entry.total > 0 && entry.done < entry.total) {
    return `${entry.done.toLocaleString("en")} of ${entry.total.toLocaleString("en")} points${entry.live ? ", coarse first" : ""}`
  }
  return entry.live ? "running" : ""
}
