//! Clusters of high scores in time, by the intervals estimator (Ferro & Segers, JRSS B 2003), which chooses the gap that
//! ends a cluster from the data.

/// The highest score of each cluster of scores above `start`. `in_time` holds one score per row, in order of time.
pub fn cluster_maxima(in_time: &[f64], start: f64) -> Vec<f64> {
    let above: Vec<usize> = (0..in_time.len()).filter(|&row| in_time[row] > start).collect();
    let gaps: Vec<usize> = above.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let most = gap_within_clusters(&gaps);
    let mut maxima: Vec<f64> = Vec::new();
    for (at, &row) in above.iter().enumerate() {
        match maxima.last_mut() {
            Some(last) if gaps[at - 1] <= most => *last = last.max(in_time[row]),
            _ => maxima.push(in_time[row]),
        }
    }
    maxima
}

/// The largest gap between two rows of one cluster; 0 if each row is a cluster.
fn gap_within_clusters(gaps: &[usize]) -> usize {
    let mut sorted = gaps.to_vec();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    let mut clusters = (extremal_index(gaps) * gaps.len() as f64).floor() as usize;
    // A gap cannot both end a cluster and be within one.
    while clusters > 0 && clusters < sorted.len() && sorted[clusters - 1] == sorted[clusters] {
        clusters -= 1;
    }
    sorted.get(clusters).copied().unwrap_or(0)
}

/// The number of clusters for each row above the start, in (0, 1]: 1 if the rows are independent.
fn extremal_index(gaps: &[usize]) -> f64 {
    // Gaps of 1 and 2 say little of the distance between clusters.
    let shift = if gaps.iter().all(|&gap| gap <= 2) { [0.0, 0.0] } else { [1.0, 2.0] };
    let sum: f64 = gaps.iter().map(|&gap| gap as f64 - shift[0]).sum();
    let squares: f64 = gaps.iter().map(|&gap| (gap as f64 - shift[0]) * (gap as f64 - shift[1])).sum();
    let index = 2.0 * sum * sum / (gaps.len() as f64 * squares);
    if index.is_finite() { index.min(1.0) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use rand::Rng;

    #[test]
    fn independent_scores_are_their_own_clusters() {
        let mut rng = Seed::new(1).rng();
        let scores: Vec<f64> = (0..20_000).map(|_| rng.gen_range(0.0..1.0)).collect();
        let above = scores.iter().filter(|&&score| score > 0.98).count();
        let clusters = cluster_maxima(&scores, 0.98).len();
        assert!(clusters as f64 > 0.9 * above as f64, "{clusters} of {above}");
    }

    #[test]
    fn scores_in_runs_of_five_have_a_fifth_of_the_clusters() {
        let mut rng = Seed::new(2).rng();
        let scores: Vec<f64> = (0..40_000).flat_map(|_| [rng.gen_range(0.0..1.0); 5]).collect();
        let above = scores.iter().filter(|&&score| score > 0.98).count();
        let clusters = cluster_maxima(&scores, 0.98);
        let share = clusters.len() as f64 / above as f64;
        assert!((0.17..=0.23).contains(&share), "{share}");
    }

    #[test]
    fn no_score_above_the_start_is_no_cluster() {
        assert!(cluster_maxima(&[1.0, 2.0], 2.0).is_empty());
        assert_eq!(cluster_maxima(&[1.0, 3.0, 1.0], 2.0), [3.0]);
    }
}
