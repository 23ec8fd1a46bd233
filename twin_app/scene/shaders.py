"""GLSL of the twin: three lamps and the sky, computed at the vertices because software rasterisers pay by pixel.

Works as OpenGL 2.1 and, with `#version 100` before it, as OpenGL ES 2.
"""

MAX_BODIES = 40
"""Rows of the matrix array: 3 x 40 vectors stay under the 128 that OpenGL ES 2 guarantees."""

VERTEX = """
uniform mat4 u_mvp;
uniform mat4 u_flatten;
uniform vec4 u_rows[120];
uniform vec4 u_tint;
uniform vec3 u_eye;
attribute vec3 a_position; attribute vec3 a_normal; attribute vec4 a_colour; attribute float a_body;
varying vec4 v_colour;
void main() {
    int row = 3 * int(a_body + 0.5);
    vec4 p = vec4(a_position, 1.0);
    vec4 r0 = u_rows[row]; vec4 r1 = u_rows[row + 1]; vec4 r2 = u_rows[row + 2];
    vec4 placed = vec4(dot(r0, p), dot(r1, p), dot(r2, p), 1.0);
    vec3 n = vec3(dot(r0.xyz, a_normal), dot(r1.xyz, a_normal), dot(r2.xyz, a_normal));
    float key = max(dot(n, vec3(0.10, 0.53, 0.84)), 0.0);
    float fill = max(dot(n, vec3(0.68, -0.55, 0.48)), 0.0);
    float back = max(dot(n, vec3(-0.82, -0.15, 0.55)), 0.0);
    float sky = 0.5 + 0.5 * n.z;
    vec3 light = 0.62 * key * vec3(1.0, 0.98, 0.94) + 0.30 * fill * vec3(0.90, 0.95, 1.0)
               + 0.14 * back + mix(0.22, 0.38, sky) * vec3(0.95, 0.98, 1.0);
    vec3 view = normalize(u_eye - placed.xyz);
    float rim = 1.0 - abs(dot(n, view));
    light *= 1.0 - 0.25 * rim * rim;
    v_colour = vec4(mix(a_colour.rgb * light, u_tint.rgb, u_tint.a), a_colour.a);
    gl_Position = u_mvp * (u_flatten * placed);
}
"""

FRAGMENT = """
#ifdef GL_ES
precision highp float;
#endif
varying vec4 v_colour;
void main() { gl_FragColor = v_colour; }
"""
