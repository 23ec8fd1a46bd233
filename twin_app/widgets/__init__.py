"""Drawing parts that know no robot and no cell."""
