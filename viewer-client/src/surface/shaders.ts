/**
 * The shaders of surface, floor and cut.
 *
 * Heights and colours come in the units of their scales; ends, clip and levels are uniforms, the colour map is a texture. Contour lines are
 * drawn where a multiple of the step is crossed, as wide on the screen everywhere. Light changes how bright a colour is by little, and its
 * hue not at all.
 */

export const SURFACE_VERTEX = /* glsl */ `
uniform vec2 heightScale;       // offset and factor: (number − offset) · factor is a place on the scale
uniform vec2 colorScale;
uniform vec4 rise;              // base, height of the scale, lowest and highest place that is drawn
attribute vec4 at;              // i, j, x, y
attribute vec4 data;            // height, colour, filled in, colour known
attribute vec2 slope;
varying float vHeight;
varying vec3 vPaint;            // place of the colour, known, filled in
varying vec2 vAt;
#ifndef FLAT
varying vec3 vNormal;
varying vec3 vView;
#endif
void main() {
  vHeight = (data.x - heightScale.x) * heightScale.y;
  vPaint = vec3((data.y - colorScale.x) * colorScale.y, data.w, data.z);
  vAt = at.xy;
#ifdef FLAT
  vec4 world = modelMatrix * vec4(at.zw, 0.0, 1.0);
#else
  vec4 world = modelMatrix * vec4(at.zw, rise.x + rise.y * max(vHeight, rise.z), 1.0);
  vNormal = normalize(vec3(-slope * heightScale.y * rise.y, 1.0));
  vView = cameraPosition - world.xyz;
#endif
  gl_Position = projectionMatrix * viewMatrix * world;
}
`

export const SURFACE_FRAGMENT = /* glsl */ `
uniform sampler2D colors;
uniform sampler2D cells;  // of flags: on, known
uniform float flags;      // 1: the colour is one of two, by the nearest point
uniform vec3 flagOff;
uniform vec3 flagOn;
uniform vec3 unknown;
uniform vec4 lines;       // factor and offset from a place to multiples of a level, width in pixels, strength
uniform vec2 levelEnds;   // no lines at or beyond these places
uniform vec3 light;
uniform vec4 rise;
varying float vHeight;
varying vec3 vPaint;
varying vec2 vAt;
#ifndef FLAT
varying vec3 vNormal;
varying vec3 vView;
#endif

vec3 paint() {
  if (flags > 0.5) {
    vec4 data = texelFetch(cells, ivec2(floor(vAt.yx + 0.5)), 0);
    return data.g < 0.5 ? unknown : data.r > 0.5 ? flagOn : flagOff;
  }
  if (vPaint.y < 0.999) return unknown;
  return texture2D(colors, vec2((clamp(vPaint.x, 0.0, 1.0) * 255.0 + 0.5) / 256.0, 0.5)).rgb;
}

float line() {
  float t = vHeight * lines.x + lines.y;
  float width = fwidth(t);
  if (width > 0.7 || width < 1e-4 || vHeight <= levelEnds.x || vHeight >= levelEnds.y) return 0.0;
  float away = abs(fract(t - 0.5) - 0.5) / width;
  return (1.0 - smoothstep(0.5 * lines.z - 0.5, 0.5 * lines.z + 0.5, away)) * (1.0 - smoothstep(0.3, 0.7, width));
}

void main() {
  // what is clipped ends at the exact line, and a lid in the plane of the clip goes on from there
#ifdef LID
  if (vHeight <= rise.w) discard;
#elif defined(CLIPPED)
  if (vHeight > rise.w) discard;
#endif
  vec3 color = paint();
  float luma = dot(color, vec3(0.299, 0.587, 0.114));
  if (vPaint.z > 0.0) color = mix(color, mix(vec3(luma), unknown, 0.5), 0.16 * vPaint.z);
  float ink = line() * lines.w;
  color = mix(color, luma > 0.42 ? color * 0.12 : mix(color, vec3(1.0), 0.72), ink * (luma > 0.42 ? 1.0 : 0.75));
#if !defined(FLAT) || defined(LID)
#ifdef LID
  vec3 n = vec3(0.0, 0.0, 1.0);
  vec3 v = n;
#else
  vec3 n = normalize(vNormal);
  vec3 v = normalize(vView);
#endif
  bool under = !gl_FrontFacing;
  if (under) n = -n;
  float diffuse = 0.5 + 0.5 * dot(n, light);
  float shade = 0.56 + 0.5 * diffuse * diffuse + 0.06 * n.z;
  float shine = max(dot(n, normalize(light + v)), 0.0);
  shine *= shine; shine *= shine; shine *= shine; shine *= shine;
  color = color * min(shade, 1.06) + vec3(0.07 * shine * shine);
  if (under) color *= 0.82;
#endif
  gl_FragColor = vec4(color, 1.0);
}
`

/** Plain colour: panes of the box. */
export const PLAIN_VERTEX = /* glsl */ `
void main() { gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0); }
`

export const PLAIN_FRAGMENT = /* glsl */ `
uniform vec4 color;
void main() { gl_FragColor = color; }
`

/** Hatching in screen space: stripes for what is missing, crossed ones for what is bad. */
export const HATCH_FRAGMENT = /* glsl */ `
uniform vec4 color;
uniform float ratio;
uniform float crossed;
float stripe(float at, float period, float width) {
  float away = abs(fract(at / period) - 0.5) * period;
  return 1.0 - smoothstep(0.5 * width - 0.5, 0.5 * width + 0.5, away / ratio * 1.0);
}
void main() {
  vec2 p = gl_FragCoord.xy;
  float period = (crossed > 0.5 ? 7.0 : 8.0) * ratio * 1.414;
  float on = stripe(p.x + p.y, period, 1.3);
  if (crossed > 0.5) on = max(on, stripe(p.x - p.y, period, 1.3));
  float alpha = color.a * (0.16 + 0.84 * on);
  gl_FragColor = vec4(color.rgb, alpha);
}
`

/** Lines with a width in pixels: every instance is a segment; drawn in screen space, so that distances are true pixels. */
export const STROKE_VERTEX = /* glsl */ `
attribute vec3 start;
attribute vec3 end;
attribute vec4 tint;
attribute vec3 extra;      // width, time at the start, time at the end
uniform vec2 resolution;
uniform float ratio;
uniform float grow;
uniform float lift;
varying vec2 vPixel;
varying float vLength;
varying float vHalf;
varying vec4 vTint;
varying vec2 vTime;

vec3 onScreen(vec4 eye) {
  vec4 clip = projectionMatrix * eye;
  vec4 lifted = projectionMatrix * (eye + vec4(0.0, 0.0, lift, 0.0));
  return vec3(0.5 * clip.xy / clip.w * resolution, lifted.z / lifted.w);
}

void main() {
  vec4 a = modelViewMatrix * vec4(start, 1.0);
  vec4 b = modelViewMatrix * vec4(end, 1.0);
  const float near = -0.02;
  if (a.z > near && b.z > near) { gl_Position = vec4(2.0, 2.0, 2.0, 1.0); return; }
  if (a.z > near) a = mix(a, b, (a.z - near) / (a.z - b.z));
  if (b.z > near) b = mix(b, a, (b.z - near) / (b.z - a.z));
  vec3 pa = onScreen(a);
  vec3 pb = onScreen(b);
  vLength = length(pb.xy - pa.xy);
  vec2 along = vLength > 1e-4 ? (pb.xy - pa.xy) / vLength : vec2(1.0, 0.0);
  vec2 across = vec2(-along.y, along.x);
  float width = (extra.x + grow) * ratio;
  vHalf = 0.5 * max(width, 1.0);
  float pad = vHalf + 1.0;
  vec3 here = position.x > 0.5 ? pb : pa;
  vPixel = vec2(position.x > 0.5 ? vLength + pad : -pad, position.y * pad);
  vec2 pixel = here.xy + (position.x > 0.5 ? pad : -pad) * along + position.y * pad * across;
  vTint = vec4(tint.rgb, tint.a * min(width, 1.0));
  vTime = extra.yz;
  gl_Position = vec4(2.0 * pixel / resolution, here.z, 1.0);
}
`

export const STROKE_FRAGMENT = /* glsl */ `
uniform float cut;
uniform float opacity;
uniform vec4 over;         // with a > 0: this colour for all
varying vec2 vPixel;
varying float vLength;
varying float vHalf;
varying vec4 vTint;
varying vec2 vTime;
void main() {
  float x = clamp(vPixel.x, 0.0, vLength);
  if (mix(vTime.x, vTime.y, vLength > 0.0 ? x / vLength : 0.0) > cut) discard;
  float away = length(vec2(vPixel.x - x, vPixel.y));
  float alpha = clamp(vHalf + 0.5 - away, 0.0, 1.0) * vTint.a * opacity;
  if (alpha < 0.01) discard;
  gl_FragColor = vec4(over.a > 0.0 ? over.rgb : vTint.rgb, alpha);
}
`

/** Signs: discs, rings, stars, diamonds, with an edge. */
export const SIGN_VERTEX = /* glsl */ `
attribute vec4 fill;
attribute vec4 edge;
attribute vec3 sign;       // shape, diameter in pixels, time
uniform float ratio;
uniform float lift;
varying vec4 vFill;
varying vec4 vEdge;
varying vec3 vSign;
varying float vSize;
void main() {
  vec4 eye = modelViewMatrix * vec4(position, 1.0);
  vec4 lifted = projectionMatrix * (eye + vec4(0.0, 0.0, lift, 0.0));
  vFill = fill;
  vEdge = edge;
  vSign = sign;
  vSize = sign.y * ratio + 4.0;
  vec4 clip = projectionMatrix * eye;
  gl_Position = vec4(clip.xy, lifted.z / lifted.w * clip.w, clip.w);
  gl_PointSize = vSize;
}
`

export const SIGN_FRAGMENT = /* glsl */ `
uniform float cut;
uniform float ratio;
uniform float opacity;
varying vec4 vFill;
varying vec4 vEdge;
varying vec3 vSign;
varying float vSize;
// distance to a five-pointed star of radius 1 (after I. Quilez)
float star(vec2 p) {
  const vec2 k1 = vec2(0.809016994, -0.587785252);
  const vec2 k2 = vec2(-0.809016994, -0.587785252);
  p.x = abs(p.x);
  p -= 2.0 * max(dot(k1, p), 0.0) * k1;
  p -= 2.0 * max(dot(k2, p), 0.0) * k2;
  p.x = abs(p.x);
  p.y -= 1.0;
  vec2 ba = 0.42 * vec2(-k1.y, k1.x) - vec2(0.0, 1.0);
  float h = clamp(dot(p, ba) / dot(ba, ba), 0.0, 1.0);
  return length(p - ba * h) * sign(p.y * ba.x - p.x * ba.y);
}
void main() {
  if (vSign.z > cut) discard;
  vec2 p = (gl_PointCoord - 0.5) * vSize;
  p.y = -p.y;
  float radius = 0.5 * vSign.y * ratio;
  float away = vSign.x > 2.5 ? (abs(p.x) + abs(p.y) - radius) * 0.7071 : vSign.x > 1.5 ? star(p / radius) * radius : length(p) - radius;
  float inside = clamp(0.5 - away, 0.0, 1.0);
  if (inside < 0.01) discard;
  float width = (vSign.x > 0.5 && vSign.x < 1.5 ? 2.2 : 1.3) * ratio;
  float core = clamp(0.5 - away - width, 0.0, 1.0);
  vec4 color = mix(vEdge, vFill, core);
  gl_FragColor = vec4(color.rgb, color.a * inside * opacity);
}
`

/** Iso-surfaces: lit, paler with depth; what is between the eye and the cut is drawn faint, in a pass of its own. */
export const SHELL_VERTEX = /* glsl */ `
attribute float tone;
varying float vTone;
varying vec3 vNormal;
varying vec3 vWorld;
void main() {
  vTone = tone;
  vNormal = normal;
  vWorld = position;
  gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
}
`

export const SHELL_FRAGMENT = /* glsl */ `
uniform sampler2D colors;
uniform vec3 light;
uniform vec4 cut;         // normal and offset of the cut
uniform float eyeSide;
uniform vec3 ground;
uniform vec3 unknown;
uniform vec3 depths;      // from where to where the ground shows through, and how much
uniform float opacity;
varying float vTone;
varying vec3 vNormal;
varying vec3 vWorld;
void main() {
  float side = (dot(vWorld, cut.xyz) - cut.w) * eyeSide;
#ifdef FAINT
  if (side <= 0.0) discard;
#else
  if (side > 0.0) discard;
#endif
  vec3 color = vTone == vTone ? texture2D(colors, vec2((clamp(vTone, 0.0, 1.0) * 255.0 + 0.5) / 256.0, 0.5)).rgb : unknown;
  vec3 v = normalize(cameraPosition - vWorld);
  vec3 n = normalize(vNormal);
  bool inner = dot(n, v) < 0.0;
  if (inner) n = -n;
  float diffuse = 0.5 + 0.5 * dot(n, light);
  float shine = pow(max(dot(n, normalize(light + v)), 0.0), 40.0);
#ifdef FAINT
  color = color * (0.75 + 0.35 * diffuse) + vec3(0.2 * shine);
#else
  color = color * (0.5 + 0.56 * diffuse * diffuse) * (inner ? 0.82 : 1.0) + vec3(0.14 * shine);
#endif
  float away = smoothstep(depths.x, depths.y, length(cameraPosition - vWorld));
  color = mix(color, ground, depths.z * away);
  float rim = 1.0 - abs(dot(n, v));
#ifdef FAINT
  gl_FragColor = vec4(color, opacity + 0.5 * rim * rim);
#else
  gl_FragColor = vec4(color, 1.0);
#endif
}
`
