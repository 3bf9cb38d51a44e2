// The floor: a module that does nothing.
export {};
