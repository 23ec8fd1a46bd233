"""How the policy is taught: reading, grounding, acting, and knowing when it does not know."""
