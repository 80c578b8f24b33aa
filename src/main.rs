//! The program: arguments in, exit status out. Everything else is the library's.

fn main() {}
