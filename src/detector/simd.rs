//! Loops in the widest vectors the machine has, in one portable binary.

/// A function compiled for vectors of 512 bits, of 256 and of what every machine has, and chosen at run time. The
/// choice changes the speed and no bit of the result: the operations and their order are the same, and the compiler
/// fuses none of them. What the function calls must be `#[inline(always)]`, for else it is compiled but once.
macro_rules! in_widest_vectors {
    ($(#[$note:meta])* $name:ident($($argument:ident: $type:ty),*) $(-> $output:ty)? $body:block) => {
        $(#[$note])*
        fn $name($($argument: $type),*) $(-> $output)? {
            #[inline(always)]
            fn portable($($argument: $type),*) $(-> $output)? $body

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
            fn avx512($($argument: $type),*) $(-> $output)? {
                portable($($argument),*)
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2")]
            fn avx2($($argument: $type),*) $(-> $output)? {
                portable($($argument),*)
            }

            #[cfg(target_arch = "x86_64")]
            {
                use std::arch::is_x86_feature_detected as has;

                if has!("avx512f") && has!("avx512bw") && has!("avx512vl") {
                    // SAFETY: the line above has asked the processor for exactly these features.
                    return unsafe { avx512($($argument),*) };
                }
                if has!("avx2") {
                    // SAFETY: the line above has asked the processor for exactly this feature.
                    return unsafe { avx2($($argument),*) };
                }
            }
            portable($($argument),*)
        }
    };
}

pub(super) use in_widest_vectors;

/// The larger of two numbers, the second where the first is not one: one instruction, which `f64::max` is not.
#[inline(always)]
pub(super) fn larger<T: PartialOrd>(a: T, b: T) -> T {
    if a > b { a } else { b }
}

/// The smaller of two numbers, the second where the first is not one.
#[inline(always)]
pub(super) fn smaller<T: PartialOrd>(a: T, b: T) -> T {
    if a < b { a } else { b }
}

#[cfg(test)]
mod tests {
    in_widest_vectors! {
        sums_of_products(sums: &mut [f64; 16], a: &[f64], b: &[f64]) {
            add_products(sums, a, b);
        }
    }

    #[inline(always)]
    fn add_products(sums: &mut [f64; 16], a: &[f64], b: &[f64]) {
        for (a, b) in a.chunks_exact(16).zip(b.chunks_exact(16)) {
            for lane in 0..16 {
                sums[lane] += a[lane] * b[lane];
            }
        }
    }

    #[test]
    fn wide_vectors_round_as_narrow_ones_do() {
        let [a, b] =
            [0.1, 0.7].map(|step| (0..1600).map(|at| (f64::from(at) * step).sin()).collect::<Vec<_>>());
        let (mut wide, mut narrow) = ([0.0; 16], [0.0; 16]);
        sums_of_products(&mut wide, &a, &b);
        add_products(&mut narrow, &a, &b);
        assert_eq!(wide.map(f64::to_bits), narrow.map(f64::to_bits));
    }
}
