//! Compiles only if nothing that the library depends on links the standard library, which brings a
//! panic handler of its own.
#![no_std]

use understory::Store;

/// Makes an object, and lets it go.
pub fn run() -> usize {
    let mut store: Store<u32> = Store::new();
    let handle = store.insert(1);
    assert!(store.unroot(handle).is_ok());
    store.collect().freed
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
