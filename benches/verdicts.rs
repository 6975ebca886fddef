//! What 100 verdicts teach a detector on labeled tables, and files with which `benches/peers/verdicts.py` teaches its
//! rivals the same verdicts.
//!
//! Half of at most 20,000 rows are never shown. The analyst is simulated by the label. Settings are environment
//! variables: `DATA` (a folder of Parquet files), `TABLES` (their names), `DETECTOR`, `SEEDS`, `ERRORS` (shares of wrong
//! verdicts), `OUT` (a folder for the files). `SPEED=1000000` times that many distinct rows instead. Prints one line of CSV per table, error and seed.

#![allow(clippy::print_stdout)]

use rand::Rng;
use rand::seq::SliceRandom;
use std::collections::BTreeSet;
use std::env;
use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Instant;
use whis_lab::detector::{
    self, DetectorSpec, FittedDetector, Learner, Questions, Settings, Taught, Untaught, Verdict,
};
use whis_lab::metrics::{LabelCounts, Ranking, Scored, auc, average_precision};
use whis_lab::ndarray::{Array1, Array2};
use whis_lab::preprocess::{Prepared, Preprocessor};
use whis_lab::rows::WeightedRows;
use whis_lab::schema::Encoding;
use whis_lab::seed::Seed;
use whis_lab::table::{Request, Table, Wanted, read};

/// Parameters were tried with seeds 0 to 2.
const FIRST_SEED: u64 = 42;
const MOST_ROWS: usize = 20_000;
const BUDGET: usize = 100;
const BATCH: usize = 10;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    if let rows @ 1.. = setting("SPEED", 0) {
        return speed(rows);
    }
    // `cargo test --benches` runs this without settings.
    let Ok(folder) = env::var("DATA") else { return Ok(()) };
    let tables: String = setting("TABLES", "breastw".to_owned());
    let detector = setting("DETECTOR", "isolation-forest".to_owned());
    let errors: String = setting("ERRORS", "0,0.1".to_owned());
    let out: PathBuf = setting("OUT", env::temp_dir());
    println!("table,seed,error,rows,anomalies,untaught_ap,untaught_auc,first_found,shown,found,ap,auc");
    for name in tables.split(',') {
        let request = Request {
            table: name.to_owned(),
            label: Some(Wanted { column: "label".to_owned(), required: true }),
            ..Request::default()
        };
        let table = read(&Path::new(&folder).join(format!("{name}.parquet")), &request)?;
        for seed in (0..setting("SEEDS", 5)).map(|nth| FIRST_SEED + nth) {
            let case = Case::new(&table, &detector, Seed::new(seed))?;
            let mut rows = case.split();
            for error in errors.split(',') {
                println!("{name},{seed},{error},{}", case.run(error.parse()?, &mut rows)?);
            }
            fs::write(out.join(format!("{name}-{seed}.csv")), rows)?;
        }
    }
    Ok(())
}

/// Seconds of the steps of a review, on distinct rows of five columns.
fn speed(rows: usize) -> Result<()> {
    let mut rng = Seed::new(FIRST_SEED).rng();
    let rows = WeightedRows::unweighted(Array2::from_shape_fn((rows, 5), |_| rng.r#gen()));
    let spec = DetectorSpec::of(detector::find("isolation-forest")?);
    let model = spec.fit(&Settings::default(), &rows, Seed::new(FIRST_SEED))?.model;
    let mut clock = Instant::now();
    let mut lap = |step: &str| {
        println!("{step}: {:.3} s", clock.elapsed().as_secs_f64());
        clock = Instant::now();
    };
    let learner = Learner::new(Untaught { entry: spec.entry, model }, &rows, Seed::new(FIRST_SEED));
    lap("score all rows, untaught");
    let next = Questions { batch: BUDGET, explore: 0.0, threshold: 0.0 };
    let mut asked: BTreeSet<usize> =
        learner.next_questions(learner.untaught_scores(), &BTreeSet::new(), next).into_iter().collect();
    lap("choose 100 rows");
    let verdict = |&row: &usize| Verdict::new(rows.points.row(row).to_vec(), row % 2 == 0);
    let mut verdicts: Vec<Verdict> = asked.iter().map(verdict).collect();
    let taught = learner.learn(&verdicts)?;
    lap("learn 100 verdicts");
    let mut scores = learner.scores(&taught);
    lap("score all rows, taught");
    let shortlist = learner.shortlist(&scores, &asked, 2_000);
    lap("choose a shortlist of 2,000 rows");
    verdicts.push(verdict(&shortlist[0]));
    asked.insert(shortlist[0]);
    learner.refresh(&learner.learn(&verdicts)?, &shortlist, &mut scores);
    lap("learn one verdict more and score the shortlist");
    learner.next_questions(&scores, &asked, Questions { batch: 1, ..next });
    lap("choose the next row");
    Ok(())
}

fn setting<T: FromStr>(name: &str, default: T) -> T {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// A table in two halves, and a detector that was fitted on the first.
struct Case {
    pool_rows: Vec<usize>,
    unseen_rows: Vec<usize>,
    unseen_labels: Vec<bool>,
    pool: Prepared,
    unseen: Prepared,
    /// For each distinct row of the pool, whether most of its copies are suspicious.
    truth: Vec<bool>,
    untaught: Untaught,
    seed: Seed,
}

impl Case {
    fn new(table: &Table, detector: &str, seed: Seed) -> Result<Self> {
        let mut rows: Vec<usize> = (0..table.rows()).collect();
        rows.shuffle(&mut seed.derive("split").rng());
        rows.truncate(MOST_ROWS);
        let unseen_rows = rows.split_off(rows.len() / 2);
        let (first, second) = (table.take(&rows), table.take(&unseen_rows));
        let (preprocessor, pool) = Preprocessor::fit(&first, Encoding::OneHot)?;
        let unseen = preprocessor.apply(&second)?;
        let mut balance = vec![0_i64; pool.deduplicated.rows.len()];
        for (&row, &label) in pool.deduplicated.index.iter().zip(first.labels.iter().flatten()) {
            balance[row as usize] += if label { 1 } else { -1 };
        }
        let spec = DetectorSpec::of(detector::find(detector)?);
        let model = spec.fit(&Settings::default(), &pool.deduplicated.rows, seed)?.model;
        Ok(Case {
            pool_rows: rows,
            unseen_rows,
            unseen_labels: second.labels.unwrap_or_default(),
            pool,
            unseen,
            truth: balance.into_iter().map(|balance| balance > 0).collect(),
            untaught: Untaught { entry: spec.entry, model },
            seed,
        })
    }

    /// The rows of each half, as lines of a file.
    fn split(&self) -> String {
        let mut text = "part,row,suspicious\n".to_owned();
        for (part, rows) in [("pool", &self.pool_rows), ("unseen", &self.unseen_rows)] {
            text.extend(rows.iter().map(|row| format!("{part},{row},\n")));
        }
        text
    }

    /// Ask for verdicts, learn after each batch, and measure. Appends the verdicts to `file`.
    fn run(&self, error: f64, file: &mut String) -> Result<String> {
        let rows = &self.pool.deduplicated.rows;
        let learner = Learner::new(self.untaught.clone(), rows, self.seed);
        let next = Questions { batch: BATCH, explore: 0.0, threshold: 0.0 };
        let mut scores = learner.untaught_scores().clone();
        let (mut asked, mut verdicts, mut taught) = (BTreeSet::new(), Vec::new(), None);
        let mut rng = self.seed.derive("analyst").rng();
        while verdicts.len() < BUDGET && asked.len() < rows.len() {
            for row in learner.next_questions(&scores, &asked, next) {
                let is_wrong = rng.r#gen::<f64>() < error;
                asked.insert(row);
                verdicts.push(Verdict::new(rows.points.row(row).to_vec(), self.truth[row] != is_wrong));
                let first =
                    self.pool.deduplicated.index.iter().position(|&distinct| distinct as usize == row);
                let row = self.pool_rows[first.ok_or("a distinct row without rows")?];
                writeln!(file, "judged-{error},{row},{}", u8::from(verdicts[verdicts.len() - 1].suspicious))?;
            }
            let model: Taught = learner.learn(&verdicts)?;
            scores = learner.scores(&model);
            taught = Some(model);
        }
        let taught = taught.ok_or("no verdicts")?;
        let (before_ap, before_auc) = self.measured(&*self.untaught.model)?;
        let (ap, auc) = self.measured(&taught)?;
        let found = |rows: &mut dyn Iterator<Item = usize>| rows.filter(|&row| self.truth[row]).count();
        let untaught = Questions { batch: BUDGET, ..next };
        let first = learner.next_questions(learner.untaught_scores(), &BTreeSet::new(), untaught);
        Ok(format!(
            "{},{},{before_ap:.4},{before_auc:.4},{},{},{},{ap:.4},{auc:.4}",
            rows.len(),
            found(&mut (0..rows.len())),
            found(&mut first.into_iter()),
            asked.len(),
            found(&mut asked.into_iter()),
        ))
    }

    /// Average precision and AUC on the rows that are never shown.
    fn measured(&self, model: &dyn FittedDetector) -> Result<(f64, f64)> {
        let distinct = model.score(self.unseen.deduplicated.rows.points.view());
        let scores: Array1<f64> = self.unseen.deduplicated.expand(distinct.view());
        let (scores, labels) = (scores.to_vec(), LabelCounts::plain(&self.unseen_labels));
        let ranking = Ranking::new(Scored::new(&scores, &labels)?);
        Ok((average_precision(&ranking).ok_or("one class")?, auc(&ranking).ok_or("one class")?))
    }
}
