//! What a rendering of the plan shows of a node.
