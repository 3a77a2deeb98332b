//! Everything between the tree and the world.
