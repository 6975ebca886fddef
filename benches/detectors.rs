//! Fitting and scoring apart, for every detector: `cargo bench`, or `cargo bench -- fit/lof`.
//!
//! Rows of five standard normal columns, of which a share is distinct: at 0.2 % as logons are, at 100 % as nothing
//! repeats. A detector is fitted on distinct rows and their multiplicities and scores the distinct ones, as in a run.
//! What would take longer than about a minute is left out, and said to be.

#![allow(clippy::print_stderr)]

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
use ndarray::Array2;
use rand::Rng;
use serde_json::Value;
use std::sync::Arc;
use std::time::{Duration, Instant};
use whis_lab::detector::{self, Entry, FittedDetector, Settings, Task};
use whis_lab::rows::WeightedRows;
use whis_lab::seed::Seed;

const ROWS: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];
const COLUMNS: usize = 5;

/// One distinct row in so many: 0.2 %, 10 % and 100 %.
const COPIES: [usize; 3] = [500, 10, 1];

/// The least that criterion takes.
const SAMPLES: usize = 10;

/// Ten runs and those before them then take about a minute.
const LONGEST: Duration = Duration::from_secs(4);

fn main() {
    // Without `--bench` this is a run of all targets' tests, and there is nothing to test.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let mut criterion = Criterion::default()
        .sample_size(SAMPLES)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    for entry in detector::ALL {
        bench(&mut criterion, entry);
    }
    criterion.final_summary();
}

fn bench(criterion: &mut Criterion, entry: &Entry) {
    for copies in COPIES {
        for rows in ROWS {
            let distinct = (rows / copies).max(1);
            match model(entry, rows, distinct) {
                Ok(model) => pair(criterion, entry, &table(rows, distinct), model.as_ref(), copies),
                Err(reason) => {
                    eprintln!("{} at {rows} rows, {distinct} distinct, is left out: {reason}", entry.id);
                }
            }
        }
    }
}

/// A model to score with, unless making it is expected to take longer than [`LONGEST`], or does.
fn model(entry: &Entry, rows: usize, distinct: usize) -> Result<Arc<dyn FittedDetector>, String> {
    let task = Task { fitted: distinct, scored: distinct, columns: COLUMNS };
    let expected = (entry.estimate)(&(entry.defaults)(), task).seconds;
    if expected > 3.0 * LONGEST.as_secs_f64() {
        return Err(format!("a fit is expected to take {expected:.0} s"));
    }
    let began = Instant::now();
    let model = fitted(entry, &table(rows, distinct)).map_err(|error| error.to_string())?;
    let took = began.elapsed();
    if took > LONGEST { Err(format!("a fit takes {took:.1?}")) } else { Ok(model) }
}

fn pair(
    criterion: &mut Criterion,
    entry: &Entry,
    rows: &WeightedRows,
    model: &dyn FittedDetector,
    copies: usize,
) {
    let share = 100.0 / copies as f64;
    let id = || BenchmarkId::new(format!("{share} % distinct"), rows.total());
    let mut group = criterion.benchmark_group(format!("fit/{}", entry.id));
    group.sampling_mode(SamplingMode::Flat).throughput(Throughput::Elements(rows.total()));
    group.bench_function(id(), |bencher| bencher.iter(|| fitted(entry, rows)));
    group.finish();
    let mut group = criterion.benchmark_group(format!("score/{}", entry.id));
    group.sampling_mode(SamplingMode::Flat).throughput(Throughput::Elements(rows.len() as u64));
    group.bench_function(id(), |bencher| bencher.iter(|| model.score(rows.points.view())));
    group.finish();
}

fn fitted(entry: &Entry, rows: &WeightedRows) -> whis_lab::error::Result<Arc<dyn FittedDetector>> {
    let detector = (entry.build)(&Settings::new(1 << 30), &Value::Null)?;
    Ok(detector.fit(rows, Seed::new(42))?.model)
}

/// So many rows, so many of them distinct, each about as often.
fn table(rows: usize, distinct: usize) -> WeightedRows {
    let mut rng = Seed::new(42).derive("bench").rng();
    // The sum of twelve uniform numbers is as good as normal here.
    let mut normal = || (0..12).map(|_| rng.gen_range(-0.5..0.5)).sum::<f64>();
    let points = Array2::from_shape_simple_fn((distinct, COLUMNS), &mut normal);
    let weights = (0..distinct).map(|row| ((rows - row - 1) / distinct + 1) as u32).collect();
    WeightedRows { points, weights }
}
