"""GLSL of the cameras: one lamp with a shadow, light from all around, display encoding."""

VERTEX = """
#version 330
layout(std140) uniform Bodies { vec4 base_from_body[192]; };
uniform mat4 clip_from_base;
uniform mat4 shadow_from_base;
in vec3 position; in vec3 normal; in vec3 colour; in float body;
out vec3 surface_normal; out vec3 surface_colour; out vec3 in_shadow_map;
void main() {
    int row = 3 * int(body);
    mat3x4 placed = mat3x4(base_from_body[row], base_from_body[row + 1], base_from_body[row + 2]);
    vec4 in_base = vec4(vec4(position, 1.0) * placed, 1.0);
    surface_normal = vec4(normal, 0.0) * placed;
    surface_colour = colour;
    vec4 from_lamp = shadow_from_base * vec4(in_base.xyz + 0.003 * surface_normal, 1.0);
    in_shadow_map = from_lamp.xyz * 0.5 + 0.5;
    gl_Position = clip_from_base * in_base;
}
"""

FRAGMENT = """
#version 330
uniform sampler2DShadow shadow_map;
uniform vec3 lamp_direction; uniform vec3 lamp; uniform vec3 ambient;
uniform float shadow_depth; uniform float exposure;
in vec3 surface_normal; in vec3 surface_colour; in vec3 in_shadow_map;
out vec4 picture;
void main() {
    vec3 n = normalize(surface_normal);
    float facing = max(dot(n, lamp_direction), 0.0);
    float lit = 1.0;
    if (all(lessThan(abs(in_shadow_map - 0.5), vec3(0.5))))
        lit = texture(shadow_map, vec3(in_shadow_map.xy, in_shadow_map.z - 0.0012));
    vec3 light = lamp * facing * mix(1.0, lit, shadow_depth) + ambient * mix(0.55, 1.0, 0.5 + 0.5 * n.z);
    picture = vec4(pow(clamp(exposure * surface_colour * light, 0.0, 1.0), vec3(1.0 / 2.2)), 1.0);
}
"""

SHADOW_VERTEX = """
#version 330
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
#version 330
void main() {}
"""
