"""GLSL of the cameras: one lamp with a shadow, light from all around, display encoding; patterns where wished for."""

SURFACES = 16
"""As many patterns a drawing may have, the plain one included."""

VERTEX = """
layout(std140) uniform Bodies { vec4 base_from_body[192]; };
uniform mat4 clip_from_base;
uniform mat4 shadow_from_base;
in vec3 position; in vec3 normal; in vec3 colour; in float body;
out vec3 surface_normal; out vec3 surface_colour; out vec3 in_shadow_map;
#ifdef PATTERNED
uniform vec4 pattern_shape[16];  // kind, 1 / period, share, offset in periods
uniform vec4 pattern_colour[16]; // linear colour, angle
in float surface;
out vec2 on_pattern; flat out vec4 pattern; flat out vec3 second_colour;
void lay_pattern() {
    pattern = pattern_shape[int(surface)];
    vec4 colour_angle = pattern_colour[int(surface)];
    second_colour = colour_angle.rgb;
    vec2 place = abs(normal.z) > 0.7 ? position.xy : vec2(dot(position.xy, vec2(-normal.y, normal.x)), position.z);
    vec2 along = vec2(cos(colour_angle.a), sin(colour_angle.a));
    on_pattern = pattern.y * vec2(dot(along, place), dot(vec2(-along.y, along.x), place)) + pattern.w;
}
#endif
void main() {
    int row = 3 * int(body);
    mat3x4 placed = mat3x4(base_from_body[row], base_from_body[row + 1], base_from_body[row + 2]);
    vec4 in_base = vec4(vec4(position, 1.0) * placed, 1.0);
    surface_normal = vec4(normal, 0.0) * placed;
    surface_colour = colour;
    vec4 from_lamp = shadow_from_base * vec4(in_base.xyz + 0.003 * surface_normal, 1.0);
    in_shadow_map = from_lamp.xyz * 0.5 + 0.5;
    gl_Position = clip_from_base * in_base;
#ifdef PATTERNED
    lay_pattern();
#endif
}
"""

FRAGMENT = """
uniform sampler2DShadow shadow_map;
uniform vec3 lamp_direction; uniform vec3 lamp; uniform vec3 ambient;
uniform float shadow_depth; uniform float exposure;
in vec3 surface_normal; in vec3 surface_colour; in vec3 in_shadow_map;
out vec4 picture;
#ifdef PATTERNED
in vec2 on_pattern; flat in vec4 pattern; flat in vec3 second_colour;
vec2 waves_up_to(vec2 place) { return 0.5 * floor(place) + min(fract(place), vec2(0.5)); }
float random_at(ivec2 node) { // an integer hash: the same on every machine
    uint mixed = uint(node.x) * 0x8da6b343u ^ uint(node.y) * 0xd8163841u;
    mixed = (mixed ^ (mixed >> 13)) * 0x5bd1e995u;
    return float((mixed ^ (mixed >> 15)) & 0xffffu) / 65535.0;
}
float clouds(vec2 place) {
    ivec2 node = ivec2(floor(place));
    vec2 between = smoothstep(0.0, 1.0, fract(place));
    vec2 low = vec2(random_at(node), random_at(node + ivec2(1, 0)));
    vec2 high = vec2(random_at(node + ivec2(0, 1)), random_at(node + ivec2(1, 1)));
    vec2 mixed = mix(low, high, between.y);
    return mix(mixed.x, mixed.y, between.x);
}
vec3 patterned(vec3 plain) {
    vec2 step_px = max(fwidth(on_pattern), vec2(1e-4));
    // the mean of a square wave over the pixel, so that fine patterns turn grey instead of flickering
    vec2 waves = (waves_up_to(on_pattern + 0.5 * step_px) - waves_up_to(on_pattern - 0.5 * step_px)) / step_px;
    float amount = waves.x;
    if (pattern.x < 1.5)
        amount = waves.x + waves.y - 2.0 * waves.x * waves.y;
    else if (pattern.x > 2.5)
        amount = mix(smoothstep(0.2, 0.8, 0.67 * clouds(on_pattern) + 0.33 * clouds(2.0 * on_pattern + 7.3)), 0.5,
                     clamp(2.0 * max(step_px.x, step_px.y) - 0.5, 0.0, 1.0));
    return mix(plain, second_colour, pattern.z * amount);
}
#else
vec3 patterned(vec3 plain) { return plain; }
#endif
void main() {
    vec3 n = normalize(surface_normal);
    float facing = max(dot(n, lamp_direction), 0.0);
    float lit = 1.0;
    if (all(lessThan(abs(in_shadow_map - 0.5), vec3(0.5))))
        lit = texture(shadow_map, vec3(in_shadow_map.xy, in_shadow_map.z - 0.0012));
    vec3 light = lamp * facing * mix(1.0, lit, shadow_depth) + ambient * mix(0.55, 1.0, 0.5 + 0.5 * n.z);
    vec3 seen = exposure * patterned(surface_colour) * light;
    picture = vec4(pow(clamp(seen, 0.0, 1.0), vec3(1.0 / 2.2)), 1.0);
}
"""

SHADOW_VERTEX = """
layout(std140) uniform Bodies { vec4 base_from_body[192]; };
uniform mat4 shadow_from_base;
in vec3 position; in float body;
void main() {
    int row = 3 * int(body);
    mat3x4 placed = mat3x4(base_from_body[row], base_from_body[row + 1], base_from_body[row + 2]);
    gl_Position = shadow_from_base * vec4(vec4(position, 1.0) * placed, 1.0);
}
"""

SHADOW_FRAGMENT = """
void main() {}
"""

IDENTITY_VERTEX = """
layout(std140) uniform Bodies { vec4 base_from_body[192]; };
uniform mat4 clip_from_base;
in vec3 position; in float body;
flat out float whose;
void main() {
    int row = 3 * int(body);
    mat3x4 placed = mat3x4(base_from_body[row], base_from_body[row + 1], base_from_body[row + 2]);
    gl_Position = clip_from_base * vec4(vec4(position, 1.0) * placed, 1.0);
    whose = body;
}
"""

IDENTITY_FRAGMENT = """
flat in float whose;
out vec4 picture;
void main() { picture = vec4(vec3(whose / 255.0), 1.0); }
"""


def source(text: str, *, patterned: bool = False) -> str:
    """A shader as the driver takes it."""
    return f"#version 330\n{'#define PATTERNED' if patterned else ''}\n{text}"
