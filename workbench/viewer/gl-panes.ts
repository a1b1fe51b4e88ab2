/** Draws planes of stored values into the panes of one canvas by WebGL2. */
import { fragmentShader, vertexShader } from "./shaders.ts";
import type { Plane } from "./plane-store.ts";
import { type ImageSize, middleOf, scaleOf, type ViewPlace } from "./view-place.ts";

export type Shown = "before" | "after" | "difference";

/** A part of the canvas, in CSS pixels from its upper left corner. */
export interface Pane {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly shown: Shown;
  /** Drawn alone of the pane, so that two panes can lie over each other. */
  readonly clip?: { readonly left: number; readonly width: number };
}

export interface Scene {
  readonly before: Plane;
  readonly after: Plane | undefined;
  readonly size: ImageSize;
  readonly place: ViewPlace;
  readonly window: { readonly low: number; readonly high: number };
  /** Window of the difference. */
  readonly spread: number;
  readonly panes: readonly Pane[];
  /** Red, green and blue from 0 to 1 beside the image. */
  readonly ground: readonly [number, number, number];
}

export interface GlPanes {
  draw(scene: Scene): void;
  /** Name of the graphics processor, for a report of a fault. */
  readonly renderer: string;
  dispose(): void;
}

/** Textures that stay on the graphics processor. */
const mostTextures = 24;

/** @throws Error saying what to do where there is no WebGL2, or an image is too large for it */
export function openPanes(canvas: HTMLCanvasElement): GlPanes {
  const gl = canvas.getContext("webgl2", { antialias: false, alpha: false });
  if (gl === null) {
    throw new Error(
      "Cannot show images: found no WebGL2 in this browser, wanted it; switch hardware acceleration on, or use a current Chrome, Edge, Firefox or Safari",
    );
  }
  const program = programOf(gl);
  const uniform = (name: string) => gl.getUniformLocation(program, name);
  const names = [
    "isWhole",
    "shown",
    "size",
    "pane",
    "middle",
    "place",
    "window",
    "ground",
  ] as const;
  const at = Object.fromEntries(names.map((name) => [name, uniform(name)])) as Record<
    (typeof names)[number],
    WebGLUniformLocation | null
  >;
  const samplers = ["beforeWhole", "beforeReal", "afterWhole", "afterReal"];
  gl.useProgram(program);
  samplers.forEach((name, unit) => gl.uniform1i(uniform(name), unit));
  gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
  gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([-1, -1, 3, -1, -1, 3]), gl.STATIC_DRAW);
  const corner = gl.getAttribLocation(program, "corner");
  gl.enableVertexAttribArray(corner);
  gl.vertexAttribPointer(corner, 2, gl.FLOAT, false, 0, 0);
  gl.enable(gl.SCISSOR_TEST);
  gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
  const none = {
    whole: textureOf(gl, { values: new Int16Array(1), rows: 1, columns: 1, key: "" }),
    real: textureOf(gl, { values: new Float32Array(1), rows: 1, columns: 1, key: "" }),
  };
  const textures = new Map<string, WebGLTexture>();
  const found = (plane: Plane): WebGLTexture => {
    const known = textures.get(plane.key);
    const texture = known ?? textureOf(gl, plane);
    // The last used stands last.
    textures.delete(plane.key);
    textures.set(plane.key, texture);
    if (textures.size > mostTextures) {
      const [oldest] = textures;
      gl.deleteTexture(oldest![1]);
      textures.delete(oldest![0]);
    }
    return texture;
  };
  const bind = (
    plane: Plane | undefined,
    texture: WebGLTexture | undefined,
    first: number,
  ): boolean => {
    const whole = plane?.values instanceof Int16Array;
    gl.activeTexture(gl.TEXTURE0 + first);
    gl.bindTexture(gl.TEXTURE_2D, whole && texture !== undefined ? texture : none.whole);
    gl.activeTexture(gl.TEXTURE0 + first + 1);
    gl.bindTexture(gl.TEXTURE_2D, !whole && texture !== undefined ? texture : none.real);
    return whole;
  };
  return {
    renderer: String(gl.getParameter(gl.RENDERER)),
    draw({ before, after, size, place, window, spread, panes, ground }) {
      const dense = canvas.width / Math.max(1, canvas.clientWidth);
      // Making a texture binds it: all are there before the first is put in its place.
      const made = [before, after].map((plane) => plane && found(plane));
      const isWhole = [bind(before, made[0], 0), bind(after, made[1], 2)];
      gl.scissor(0, 0, canvas.width, canvas.height);
      gl.clearColor(...ground, 1);
      gl.clear(gl.COLOR_BUFFER_BIT);
      gl.uniform2i(at.isWhole, Number(isWhole[0]), Number(isWhole[1]));
      gl.uniform2i(at.size, size.columns, size.rows);
      gl.uniform3f(at.ground, ...ground);
      for (const pane of panes) {
        const scale = scaleOf(place, size, pane);
        const [left, bottom] = [
          Math.round(pane.left * dense),
          canvas.height - Math.round((pane.top + pane.height) * dense),
        ];
        const [width, height] = [Math.round(pane.width * dense), Math.round(pane.height * dense)];
        const clip = pane.clip ?? { left: 0, width: pane.width };
        gl.viewport(left, bottom, width, height);
        gl.scissor(
          left + Math.round(clip.left * dense),
          bottom,
          Math.max(0, Math.round(clip.width * dense)),
          height,
        );
        gl.uniform4f(at.pane, left, bottom, width, height);
        const middle = middleOf(pane);
        gl.uniform2f(at.middle, Math.round(middle.x * dense), Math.round(middle.y * dense));
        gl.uniform4f(at.place, place.x, place.y, scale.x * dense, scale.y * dense);
        const difference = pane.shown === "difference";
        gl.uniform1i(at.shown, difference ? 2 : pane.shown === "after" ? 1 : 0);
        if (difference) gl.uniform2f(at.window, 0, 2 * spread);
        else gl.uniform2f(at.window, window.low, window.high);
        gl.drawArrays(gl.TRIANGLES, 0, 3);
      }
    },
    dispose() {
      gl.getExtension("WEBGL_lose_context")?.loseContext();
    },
  };
}

function textureOf(gl: WebGL2RenderingContext, plane: Plane): WebGLTexture {
  const { values, rows, columns } = plane;
  const most = gl.getParameter(gl.MAX_TEXTURE_SIZE) as number;
  if (Math.max(rows, columns) > most) {
    throw new Error(
      `Cannot show the image: found ${columns} × ${rows} pixels, wanted at most ${most} a side on this graphics processor`,
    );
  }
  const texture = gl.createTexture();
  gl.activeTexture(gl.TEXTURE0);
  gl.bindTexture(gl.TEXTURE_2D, texture);
  for (const name of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) {
    gl.texParameteri(gl.TEXTURE_2D, name, gl.NEAREST);
  }
  for (const name of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) {
    gl.texParameteri(gl.TEXTURE_2D, name, gl.CLAMP_TO_EDGE);
  }
  const [inside, format, type] =
    values instanceof Int16Array
      ? [gl.R16I, gl.RED_INTEGER, gl.SHORT]
      : [gl.R32F, gl.RED, gl.FLOAT];
  gl.texImage2D(gl.TEXTURE_2D, 0, inside, columns, rows, 0, format, type, values);
  return texture;
}

function programOf(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram();
  for (const [kind, source] of [
    [gl.VERTEX_SHADER, vertexShader],
    [gl.FRAGMENT_SHADER, fragmentShader],
  ] as const) {
    const shader = gl.createShader(kind)!;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (gl.getProgramParameter(program, gl.LINK_STATUS) !== true) {
    throw new Error(`Cannot show images: found ${gl.getProgramInfoLog(program) ?? "no reason"}`);
  }
  return program;
}
