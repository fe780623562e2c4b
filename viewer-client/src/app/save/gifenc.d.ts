/** What of gifenc is used here. */
declare module "gifenc" {
  export type Palette = [number, number, number][]
  export function quantize(rgba: Uint8Array | Uint8ClampedArray, colors: number): Palette
  export function applyPalette(rgba: Uint8Array | Uint8ClampedArray, palette: Palette): Uint8Array
  export interface Stream {
    writeFrame(index: Uint8Array, width: number, height: number, options: { palette?: Palette; delay: number; repeat: number }): void
    finish(): void
    bytes(): Uint8Array<ArrayBuffer>
  }
  export function GIFEncoder(): Stream
}
