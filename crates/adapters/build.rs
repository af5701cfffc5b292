//! Tells cargo that the embedded migrations belong to this crate, so that a new one is compiled in.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
