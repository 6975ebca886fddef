//! Loops in the widest vectors of the machine, from one portable binary.

/// Define a function that is compiled three times: for AVX-512, for AVX2 and for the baseline. The version is
/// chosen at run time. The choice changes the speed but no bit of the result: all versions do the same
/// operations in the same order, and the compiler fuses none of them. Functions that it calls must be
/// `#[inline(always)]`; otherwise they are compiled for the baseline only.
macro_rules! in_widest_vectors {
    ($(#[$attribute:meta])* $name:ident($($argument:ident: $type:ty),*) $(-> $output:ty)? $body:block) => {
        $(#[$attribute])*
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
                    // SAFETY: the line above has checked exactly these processor features.
                    return unsafe { avx512($($argument),*) };
                }
                if has!("avx2") {
                    // SAFETY: the line above has checked exactly this processor feature.
                    return unsafe { avx2($($argument),*) };
                }
            }
            portable($($argument),*)
        }
    };
}

pub(super) use in_widest_vectors;

/// The larger of two numbers, or the second if either is NaN. This is one instruction, unlike `f64::max`.
#[inline(always)]
pub(super) fn larger<T: PartialOrd>(a: T, b: T) -> T {
    if a > b { a } else { b }
}

/// The smaller of two numbers, or the second if either is NaN. This is one instruction, unlike `f64::min`.
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
    fn every_vector_width_gives_the_same_bits() {
        let [a, b] =
            [0.1, 0.7].map(|step| (0..1600).map(|at| (f64::from(at) * step).sin()).collect::<Vec<_>>());
        let (mut widest, mut baseline) = ([0.0; 16], [0.0; 16]);
        sums_of_products(&mut widest, &a, &b);
        add_products(&mut baseline, &a, &b);
        assert_eq!(widest.map(f64::to_bits), baseline.map(f64::to_bits));
    }
}
