/** What this browser can draw 3-D with: a graphics processor, the processor itself (slow: low quality is chosen), or nothing. */

let known: "hardware" | "software" | "none" | null = null

/** Asked once; the context made for asking is given back. */
export function webgl(): "hardware" | "software" | "none" {
  if (known === null) {
    const gl = document.createElement("canvas").getContext("webgl2")
    known = gl ? judge(rendererName(gl)) : "none"
    gl?.getExtension("WEBGL_lose_context")?.loseContext()
  }
  return known
}

function rendererName(gl: WebGL2RenderingContext): string {
  const info = gl.getExtension("WEBGL_debug_renderer_info")
  return String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER))
}

/** Software by its name; a name that is hidden counts as hardware. */
export function judge(renderer: string): "hardware" | "software" {
  return /swiftshader|llvmpipe|softpipe|software|basic render|swrast/i.test(renderer) ? "software" : "hardware"
}
