//! Shapley values: a fair division of the value of all players minus that of none.
//!
//! For few players, they are exact, from the value of every coalition (Shapley, "A Value for n-Person Games",
//! 1953). For more players, they are sampled from random permutations, each with its reverse (Mitchell,
//! Cooper, Frank & Holmes, "Sampling Permutations for Shapley Value Estimation", JMLR 2022): the mean gain of
//! a player that joins those before it. In both cases the shares sum to the total, without sampling error.

use crate::error::Result;
use crate::seed::Seed;
use rand::seq::SliceRandom;
use serde::Serialize;

/// The largest number of players for exact values: 1,024 coalitions.
pub(super) const EXACT_UP_TO: usize = 10;

/// The approximate number of coalitions for sampled values.
const SAMPLED_COALITIONS: usize = 8192;

/// The smallest number of pairs of permutations, for any number of players.
const FEWEST_PAIRS: usize = 16;

/// The method of the contributions.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Exact, from every coalition of the features that differ from their typical values.
    Exact {
        /// The number of scored coalitions: 2ⁿ for n such features.
        coalitions: usize,
    },
    /// Exact Shapley values of the mean path length in the trees of an isolation forest, scaled by one factor
    /// to sum to the difference of the scores.
    PathLengths {
        /// The number of trees.
        trees: usize,
    },
    /// Sampled from random permutations of these features; each contribution has a standard error.
    Sampled {
        /// The number of permutations, reverses included.
        permutations: usize,
    },
}

/// The share of each player.
#[derive(Clone, Debug, PartialEq)]
pub struct Shares {
    /// One share per player.
    pub values: Vec<f64>,
    pub standard_errors: Option<Vec<f64>>,
    pub method: Method,
}

/// Divide the value of all players minus that of none. `values` returns the value of each coalition, which
/// says for each player whether it takes part.
///
/// # Errors
/// If `values` fails.
pub fn divide(
    players: usize,
    seed: Seed,
    values: impl Fn(&[Vec<bool>]) -> Result<Vec<f64>>,
) -> Result<Shares> {
    if players <= EXACT_UP_TO { exact(players, values) } else { sampled(players, seed, values) }
}

fn exact(players: usize, values: impl Fn(&[Vec<bool>]) -> Result<Vec<f64>>) -> Result<Shares> {
    let coalitions: Vec<Vec<bool>> = (0..1_usize << players)
        .map(|mask| (0..players).map(|player| mask >> player & 1 == 1).collect())
        .collect();
    let values = values(&coalitions)?;
    let weight = weights(players);
    let share = |player: usize| {
        let without = (0..values.len()).filter(|mask| mask >> player & 1 == 0);
        without
            .map(|mask| weight[mask.count_ones() as usize] * (values[mask | 1 << player] - values[mask]))
            .sum()
    };
    let method = Method::Exact { coalitions: coalitions.len() };
    Ok(Shares { values: (0..players).map(share).collect(), standard_errors: None, method })
}

/// The weight of a coalition by its size s: the share of all orders of n players that start with the
/// coalition, followed by one given player, s! (n − s − 1)! / n!.
fn weights(players: usize) -> Vec<f64> {
    let choose =
        |n: usize, k: usize| (0..k).fold(1.0, |product, i| product * (n - i) as f64 / (i + 1) as f64);
    (0..players).map(|size| 1.0 / (players as f64 * choose(players - 1, size))).collect()
}

fn sampled(players: usize, seed: Seed, values: impl Fn(&[Vec<bool>]) -> Result<Vec<f64>>) -> Result<Shares> {
    let pairs = (SAMPLED_COALITIONS / (2 * players)).max(FEWEST_PAIRS);
    let mut rng = seed.rng();
    let mut sums = vec![(0.0, 0.0); players];
    for _ in 0..pairs {
        let mut order: Vec<usize> = (0..players).collect();
        order.shuffle(&mut rng);
        let forward = gains(&order, &values)?;
        order.reverse();
        for ((sum, squares), (a, b)) in sums.iter_mut().zip(forward.into_iter().zip(gains(&order, &values)?))
        {
            let mean = (a + b) / 2.0;
            *sum += mean;
            *squares += mean * mean;
        }
    }
    let n = pairs as f64;
    let error = |(sum, squares): &(f64, f64)| ((squares - sum * sum / n).max(0.0) / (n - 1.0) / n).sqrt();
    Ok(Shares {
        values: sums.iter().map(|(sum, _)| sum / n).collect(),
        standard_errors: Some(sums.iter().map(error).collect()),
        method: Method::Sampled { permutations: 2 * pairs },
    })
}

/// The gain of each player if the players join in this order.
fn gains(order: &[usize], values: impl Fn(&[Vec<bool>]) -> Result<Vec<f64>>) -> Result<Vec<f64>> {
    let mut coalition = vec![false; order.len()];
    let mut coalitions = vec![coalition.clone()];
    for &player in order {
        coalition[player] = true;
        coalitions.push(coalition.clone());
    }
    let values = values(&coalitions)?;
    let mut gains = vec![0.0; order.len()];
    for (&player, pair) in order.iter().zip(values.windows(2)) {
        gains[player] = pair[1] - pair[0];
    }
    Ok(gains)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The glove game: players 0 and 1 have a left glove, player 2 a right one; a pair is worth 1.
    fn gloves(coalitions: &[Vec<bool>]) -> Result<Vec<f64>> {
        Ok(coalitions.iter().map(|c| f64::from(u8::from(c[2] && (c[0] || c[1])))).collect())
    }

    #[test]
    fn the_glove_game_has_the_shares_of_the_textbook() {
        let shares = divide(3, Seed::new(1), gloves).unwrap();
        for (share, expected) in shares.values.iter().zip([1.0 / 6.0, 1.0 / 6.0, 2.0 / 3.0]) {
            assert!((share - expected).abs() < 1e-12, "{share}");
        }
        assert_eq!(shares.method, Method::Exact { coalitions: 8 });
    }

    #[test]
    fn sampled_shares_lie_within_their_errors_of_the_exact_ones() {
        let shares = sampled(3, Seed::new(1), gloves).unwrap();
        let errors = shares.standard_errors.unwrap();
        for ((share, expected), error) in
            shares.values.iter().zip([1.0 / 6.0, 1.0 / 6.0, 2.0 / 3.0]).zip(errors)
        {
            assert!((share - expected).abs() < 4.0 * error && error < 0.02, "{share} ± {error}");
        }
        assert!((shares.values.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_sum_is_divided_into_its_terms_for_any_number_of_players() {
        for players in [0, 1, 5, 10, 11, 40] {
            let value = |coalition: &Vec<bool>| {
                (0..players).filter(|&player| coalition[player]).map(|player| player as f64).sum::<f64>()
            };
            let values = |coalitions: &[Vec<bool>]| Ok(coalitions.iter().map(value).collect());
            let shares = divide(players, Seed::new(1), values).unwrap();
            for (player, share) in shares.values.iter().enumerate() {
                assert!((share - player as f64).abs() < 1e-9, "{players} players: {share} for {player}");
            }
            assert_eq!(shares.standard_errors.is_some(), players > EXACT_UP_TO);
        }
    }
}
