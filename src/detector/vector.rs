//! Loops in the widest vectors the machine has, in one portable binary.

/// A function compiled twice, with and without AVX2, and chosen at run time. The choice changes the speed and
/// no bit of the result: the operations and their order are the same, and AVX2 alone, without FMA, fuses none
/// of them. What the function calls must be `#[inline(always)]`, for else it is compiled but once.
macro_rules! in_widest_vectors {
    ($(#[$note:meta])* $name:ident($($argument:ident: $type:ty),*) $(-> $output:ty)? $body:block) => {
        $(#[$note])*
        fn $name($($argument: $type),*) $(-> $output)? {
            #[inline(always)]
            fn portable($($argument: $type),*) $(-> $output)? $body

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2")]
            fn avx2($($argument: $type),*) $(-> $output)? {
                portable($($argument),*)
            }

            #[cfg(target_arch = "x86_64")]
            if std::arch::is_x86_feature_detected!("avx2") {
                // SAFETY: the line above has asked the processor for exactly this feature.
                return unsafe { avx2($($argument),*) };
            }
            portable($($argument),*)
        }
    };
}

pub(super) use in_widest_vectors;
