"""The programmed policies: find by colour and shape, servo on the wrist camera, pick through a funnel."""
