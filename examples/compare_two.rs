//! Compare two detectors on a table with labels: `cargo run --release --example compare_two -- flows.csv is_attack`

use std::env;
use std::io::{self, Write};
use std::path::PathBuf;
use whis_lab::detector::DetectorSpec;
use whis_lab::experiment::{Plan, Silent, compare};
use whis_lab::report;
use whis_lab::table::{Request, Wanted, read};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = env::args().skip(1);
    let file = PathBuf::from(arguments.next().unwrap_or_else(|| "fixtures/flows.csv".to_owned()));
    let label = arguments.next().unwrap_or_else(|| "is_attack".to_owned());
    let request = Request {
        table: "flows".to_owned(),
        label: Some(Wanted { column: label, required: true }),
        ..Request::default()
    };
    let table = read(&file, &request)?;
    let detectors = ["isolation-forest", "mean(lof,ecod)"]
        .map(DetectorSpec::parse)
        .into_iter()
        .collect::<Result<_, _>>()?;
    let report = compare(&[table], &Plan::new(detectors), &Silent)?;
    write!(io::stdout(), "{}", report::terminal(&report))?;
    Ok(())
}
