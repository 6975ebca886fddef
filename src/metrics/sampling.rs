//! How much the rows of a sample move the AUC and Spearman's correlation of two rankings: one deviation per row, whose
//! sum of squares is the sampling variance. Deviations of two measures of the same rows can be subtracted first.

use super::jackknife;
use super::ranking::Ranking;

/// The deviations of the AUC (DeLong, DeLong & Clarke-Pearson, Biometrics 1988), one per row of a ranking of rows that
/// are not deduplicated. `None` with fewer than two positives or negatives.
pub fn auc_deviations(ranking: &Ranking) -> Option<Vec<f64>> {
    let influences = jackknife::on_partial_auc(ranking, 1.0);
    let scored = ranking.scored();
    let classes = [
        (scored.positives(), ranking.positives() as f64, true),
        (scored.negatives(), ranking.negatives() as f64, false),
    ];
    let mut deviations = vec![0.0; ranking.tie_of().len()];
    for (counts, rows, is_positive) in classes {
        if rows < 2.0 {
            return None;
        }
        let value = |row: usize| {
            let own = influences[ranking.tie_of()[row] as usize];
            if is_positive { own.of_positive } else { own.of_negative }
        };
        let of_class = || (0..counts.len()).filter(|&row| counts[row] > 0);
        let mean = of_class().map(value).sum::<f64>() / rows;
        of_class().for_each(|row| deviations[row] = (value(row) - mean) / (rows * (rows - 1.0)).sqrt());
    }
    Some(deviations)
}

/// The deviations of Spearman's correlation of the same rows with two ranks each, as of [`super::ranks`], from its influence function (Croux & Dehon,
/// Statistical Methods & Applications 2010), with ties. They are 0 if both rankings are equal or one is constant, where
/// the correlation has its value for any rows.
pub fn spearman_deviations(first: &[f64], second: &[f64]) -> Vec<f64> {
    let rows = first.len();
    let (own, other) = (spread(first, first), spread(second, second));
    if first == second || own.mean <= 0.0 || other.mean <= 0.0 {
        return vec![0.0; rows];
    }
    let both = spread(first, second);
    let scale = (own.mean * other.mean).sqrt();
    let correlation = both.mean / scale;
    let count = rows as f64;
    let deviation = |row: usize| {
        let of_spreads = own.influences[row] / own.mean + other.influences[row] / other.mean;
        let influence = both.influences[row] / scale - correlation / 2.0 * of_spreads;
        influence / (count * (count - 1.0)).sqrt()
    };
    (0..rows).map(deviation).collect()
}

/// The covariance of two ranks as shares of the rows, and the influence of each row on it.
struct Spread {
    mean: f64,
    influences: Vec<f64>,
}

fn spread(first: &[f64], second: &[f64]) -> Spread {
    let rows = first.len() as f64;
    // Ranks start at 1 and share their mean, so the middle is 0.
    let place = |rank: f64| (rank - 0.5) / rows - 0.5;
    let products: Vec<f64> = first.iter().zip(second).map(|(a, b)| place(*a) * place(*b)).collect();
    let (above_first, above_second) = (mean_above(first, second, place), mean_above(second, first, place));
    let mean = products.iter().sum::<f64>() / rows;
    let mut influences: Vec<f64> =
        products.iter().zip(above_first).zip(above_second).map(|((own, a), b)| own + a + b).collect();
    let center = influences.iter().sum::<f64>() / rows;
    influences.iter_mut().for_each(|influence| *influence -= center);
    Spread { mean, influences }
}

/// For each row, the sum of `place` of the second rank over the rows with a higher first rank, and half of it over those
/// with the same, divided by the number of rows: how a row moves the first ranks of the others.
fn mean_above(first: &[f64], second: &[f64], place: impl Fn(f64) -> f64) -> Vec<f64> {
    // Twice a rank is an integer from 2 to twice the number of rows.
    let key = |rank: f64| (2.0 * rank) as usize;
    let mut sums = vec![0.0; 2 * first.len() + 1];
    first.iter().zip(second).for_each(|(a, b)| sums[key(*a)] += place(*b));
    let mut above = vec![0.0; sums.len()];
    let mut total = 0.0;
    for (sum, above) in sums.iter().zip(&mut above).rev() {
        *above = (total + sum / 2.0) / first.len() as f64;
        total += sum;
    }
    first.iter().map(|rank| above[key(*rank)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::auc_variance;
    use crate::metrics::correlation::{ranks, spearman};
    use crate::metrics::reference::{assert_close, ranked};
    use crate::seed::Seed;
    use rand::Rng;

    #[test]
    fn the_squared_deviations_of_an_auc_add_up_to_the_variance_of_delong() {
        let labels = [true, false, true, false, false, true];
        ranked(&[5.0, 4.0, 4.0, 1.0, 0.0, 2.0], &labels, |ranking| {
            let sum = auc_deviations(ranking).map(|own| own.iter().map(|value| value * value).sum::<f64>());
            assert_close(sum, auc_variance(ranking), "sum of squares");
        });
        ranked(&[5.0, 4.0], &[true, false], |ranking| assert_eq!(auc_deviations(ranking), None));
    }

    /// Scores of 300 rows, continuous or in a few levels.
    fn draw(rng: &mut impl Rng, is_tied: bool) -> (Vec<f64>, Vec<f64>) {
        let score = |x: f64| if is_tied { (x * 4.0).floor() } else { x };
        let base: Vec<f64> = (0..300).map(|_| rng.r#gen()).collect();
        let second = base.iter().map(|x| score(0.6 * x + 0.4 * rng.r#gen::<f64>())).collect();
        (base.iter().map(|x| score(*x)).collect(), second)
    }

    #[test]
    fn the_squared_deviations_of_a_rank_correlation_add_up_to_its_variance_over_tables() {
        for is_tied in [false, true] {
            let mut rng = Seed::new(5).derive(&is_tied.to_string()).rng();
            let (mut values, mut expected) = (Vec::new(), 0.0);
            const TABLES: usize = 1_000;
            for _ in 0..TABLES {
                let (a, b) = draw(&mut rng, is_tied);
                values.push(spearman(&a, &b, &[1; 300]).unwrap());
                let (a, b) = (ranks(&a, &[1; 300]), ranks(&b, &[1; 300]));
                expected += spearman_deviations(&a, &b).iter().map(|own| own * own).sum::<f64>();
            }
            let expected = expected / TABLES as f64;
            let sd = crate::metrics::Summary::of(&values).unwrap().sd.unwrap();
            let ratio = expected.sqrt() / sd;
            assert!((0.93..1.07).contains(&ratio), "tied: {is_tied}: {ratio}");
        }
    }

    #[test]
    fn equal_or_constant_rankings_have_no_deviations() {
        assert_eq!(spearman_deviations(&[1.0, 3.0, 2.0], &[1.0, 3.0, 2.0]), [0.0; 3]);
        assert_eq!(spearman_deviations(&[1.0, 3.0, 2.0], &[2.0; 3]), [0.0; 3]);
    }
}
