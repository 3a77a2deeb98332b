//! From a file to its findings and its plan: the stages of the library in their order.
