/** Programs of the graphics processor: stored values in, grey or colours out, window and level on the way. */

export const vertexShader = `#version 300 es
in vec2 corner;
void main() { gl_Position = vec4(corner, 0.0, 1.0); }
`;

export const fragmentShader = `#version 300 es
precision highp float;
precision highp int;
precision highp sampler2D;
precision highp isampler2D;

uniform isampler2D beforeWhole;
uniform sampler2D beforeReal;
uniform isampler2D afterWhole;
uniform sampler2D afterReal;
uniform bvec2 isWhole;
/** 0 before, 1 after, 2 after less before. */
uniform int shown;
uniform ivec2 size;
/** Lower left corner of the pane and its size, in device pixels. */
uniform vec4 pane;
/** The pane's middle from its upper left corner: whole pixels, so that those of the image are not cut. */
uniform vec2 middle;
/** Column and row in the middle, and device pixels for one column and row. */
uniform vec4 place;
uniform vec2 window;
uniform vec3 ground;
out vec4 colour;

float before(ivec2 at) {
  return isWhole.x ? float(texelFetch(beforeWhole, at, 0).r) : texelFetch(beforeReal, at, 0).r;
}

float after(ivec2 at) {
  return isWhole.y ? float(texelFetch(afterWhole, at, 0).r) : texelFetch(afterReal, at, 0).r;
}

void main() {
  vec2 from = gl_FragCoord.xy - pane.xy;
  vec2 point = vec2(from.x, pane.w - from.y) - middle;
  ivec2 at = ivec2(floor(place.xy + point / place.zw));
  if (any(lessThan(at, ivec2(0))) || any(greaterThanEqual(at, size))) {
    colour = vec4(ground, 1.0);
    return;
  }
  float value = shown == 0 ? before(at) : shown == 1 ? after(at) : after(at) - before(at);
  if (isnan(value) || isinf(value)) {
    colour = vec4(1.0, 0.0, 1.0, 1.0);
    return;
  }
  if (shown < 2) {
    float grey = clamp((value - window.x) / (window.y - window.x), 0.0, 1.0);
    colour = vec4(vec3(grey), 1.0);
    return;
  }
  // Half of the window to each side: no change is dark, less is blue, more is orange.
  float change = clamp(2.0 * value / (window.y - window.x), -1.0, 1.0);
  vec3 none = vec3(0.06, 0.065, 0.07);
  vec3 full = change < 0.0 ? vec3(0.36, 0.70, 1.0) : vec3(1.0, 0.68, 0.30);
  colour = vec4(mix(none, full, abs(change)), 1.0);
}
`;
