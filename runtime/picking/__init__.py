"""How a gripper takes a part and lets it go: grips, spots, and smooth paths at a pace that the joints can follow."""
