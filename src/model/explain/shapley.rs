//! Shapley values: a fair division of what all players achieve together over what none does.
//!
//! Exactly for few players, by the value of every coalition (Shapley, "A Value for n-Person Games", 1953). For more,
//! by permutations drawn at random, each with its reverse (Mitchell, Cooper, Frank & Holmes, "Sampling Permutations
//! for Shapley Value Estimation", JMLR 2022): a player's mean gain on joining those before it. Either way the shares
//! sum to what is divided; rounding aside, no sampling error is in the sum.

use crate::error::Result;
use crate::seed::Seed;
use rand::seq::SliceRandom;
use serde::Serialize;

/// With at most this many players every coalition is valued: 1,024 scores.
pub(super) const EXACT_UP_TO: usize = 10;

/// About so many coalitions are valued where not all are.
const SAMPLED_COALITIONS: usize = 8192;

/// No fewer pairs of permutations than this, however many the players.
const FEWEST_PAIRS: usize = 16;

/// How the contributions were found.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// From every coalition of the features that are not typical.
    Exact { coalitions: usize },
    /// Exactly from the trees of an isolation forest, at any width: the Shapley values of the mean path length, all
    /// times the one factor that makes them sum to the distance of the scores.
    PathLengths { trees: usize },
    /// From random permutations of those features; each contribution has a standard error.
    Sampled { permutations: usize },
}

/// What each player is due.
#[derive(Clone, Debug, PartialEq)]
pub struct Divided {
    pub shares: Vec<f64>,
    pub standard_errors: Option<Vec<f64>>,
    pub method: Method,
}

/// Divide the value of all players minus that of none. `values` gives the value of each of some coalitions, which
/// hold for each player whether it takes part.
///
/// # Errors
/// Those of `values`.
pub fn divide(
    players: usize,
    seed: Seed,
    values: impl Fn(&[Vec<bool>]) -> Result<Vec<f64>>,
) -> Result<Divided> {
    if players <= EXACT_UP_TO { exactly(players, values) } else { by_sampling(players, seed, values) }
}

fn exactly(players: usize, values: impl Fn(&[Vec<bool>]) -> Result<Vec<f64>>) -> Result<Divided> {
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
    Ok(Divided { shares: (0..players).map(share).collect(), standard_errors: None, method })
}

/// For a coalition of each size, the share of the orders of all players that begin with it and then a certain
/// player: s! (n − s − 1)! / n!.
fn weights(players: usize) -> Vec<f64> {
    let choose =
        |n: usize, k: usize| (0..k).fold(1.0, |product, i| product * (n - i) as f64 / (i + 1) as f64);
    (0..players).map(|size| 1.0 / (players as f64 * choose(players - 1, size))).collect()
}

fn by_sampling(
    players: usize,
    seed: Seed,
    values: impl Fn(&[Vec<bool>]) -> Result<Vec<f64>>,
) -> Result<Divided> {
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
    Ok(Divided {
        shares: sums.iter().map(|(sum, _)| sum / n).collect(),
        standard_errors: Some(sums.iter().map(error).collect()),
        method: Method::Sampled { permutations: 2 * pairs },
    })
}

/// What each player adds when the players join in an order.
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
    fn the_glove_game_is_divided_as_the_textbook_has_it() {
        let divided = divide(3, Seed::new(1), gloves).unwrap();
        for (share, expected) in divided.shares.iter().zip([1.0 / 6.0, 1.0 / 6.0, 2.0 / 3.0]) {
            assert!((share - expected).abs() < 1e-12, "{share}");
        }
        assert_eq!(divided.method, Method::Exact { coalitions: 8 });
    }

    #[test]
    fn sampled_shares_lie_within_their_errors_of_the_exact_ones() {
        let sampled = by_sampling(3, Seed::new(1), gloves).unwrap();
        let errors = sampled.standard_errors.unwrap();
        for ((share, expected), error) in
            sampled.shares.iter().zip([1.0 / 6.0, 1.0 / 6.0, 2.0 / 3.0]).zip(errors)
        {
            assert!((share - expected).abs() < 4.0 * error && error < 0.02, "{share} ± {error}");
        }
        assert!((sampled.shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_sum_is_divided_into_its_terms_however_many_the_players() {
        for players in [0, 1, 5, 10, 11, 40] {
            let value = |coalition: &Vec<bool>| {
                (0..players).filter(|&player| coalition[player]).map(|player| player as f64).sum::<f64>()
            };
            let values = |coalitions: &[Vec<bool>]| Ok(coalitions.iter().map(value).collect());
            let divided = divide(players, Seed::new(1), values).unwrap();
            for (player, share) in divided.shares.iter().enumerate() {
                assert!((share - player as f64).abs() < 1e-9, "{players} players: {share} for {player}");
            }
            assert_eq!(divided.standard_errors.is_some(), players > EXACT_UP_TO);
        }
    }
}
