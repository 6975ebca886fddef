//! Tests on public tables, which are not part of the repository: run where the folder is there (`WHIS_LAB_DATA`, or
//! `../shared/data` beside the repository), and counted as ignored where it is not.

#![allow(clippy::print_stdout)]

mod logs;
mod objective;

use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use whis_lab::detector::DetectorSpec;
use whis_lab::experiment::{self, Plan, Protocols, Silent};
use whis_lab::report::{Protocol, Run};
use whis_lab::table::{self, Request, Table, Wanted};

fn main() {
    let arguments = Arguments::from_args();
    let data = data();
    let absent = !data.is_dir();
    if absent {
        println!("ignored: there is no folder {}; set WHIS_LAB_DATA to one", data.display());
    }
    let mut trials = Vec::new();
    for reference in seeded_reference("isolation_forest_adbench.json") {
        let (data, name) = (data.clone(), format!("isolation_forest_agrees_on::{}", reference.name));
        let agrees = move || agrees(&data, "isolation-forest", &reference, 40, 0.0);
        trials.push(Trial::test(name, agrees).with_ignored_flag(absent));
    }
    for reference in seeded_reference("extended_isolation_forest_adbench.json") {
        let name = format!("extended_isolation_forest_agrees_on::{}", reference.name);
        let data = data.clone();
        let agrees = move || agrees(&data, "extended-isolation-forest", &reference, 40, A_HUNDREDTH);
        trials.push(Trial::test(name, agrees).with_ignored_flag(absent));
    }
    for reference in seeded_reference("mcd_adbench.json") {
        let (data, name) = (data.clone(), format!("mcd_is_as_robust_on::{}", reference.name));
        trials.push(Trial::test(name, move || as_robust(&data, &reference)).with_ignored_flag(absent));
    }
    for reference in classics_reference() {
        let (data, name) =
            (data.clone(), format!("neighbors_components_histograms_and_tails_agree_on::{}", reference.name));
        trials.push(Trial::test(name, move || classics_agree(&data, &reference)).with_ignored_flag(absent));
    }
    for reference in objective::Reference::all() {
        let (data, name) =
            (data.clone(), format!("one_class_svm_reaches_the_objective_on::{}", reference.name));
        let ignored = absent && !reference.is_generated();
        trials.push(Trial::test(name, move || reference.is_reached(&data)).with_ignored_flag(ignored));
    }
    for reference in seeded_reference("autoencoder.json") {
        let (data, name) = (data.clone(), format!("autoencoder_is_as_good_on::{}", reference.name));
        trials.push(Trial::test(name, move || as_good(&data, &reference)).with_ignored_flag(absent));
    }
    let folder = data.clone();
    trials.push(
        Trial::test("a_count_is_a_label_by_its_bound", move || counts_are_labels(&folder))
            .with_ignored_flag(absent),
    );
    let folder = data.clone();
    for (name, test) in logs::TESTS {
        let data = folder.clone();
        trials.push(Trial::test(name, move || test(&data)).with_ignored_flag(absent));
    }
    libtest_mimic::run(&arguments, trials).exit();
}

fn data() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    std::env::var_os("WHIS_LAB_DATA").map_or_else(beside, PathBuf::from)
}

/// scikit-learn's AUCs on one table, over its seeds.
struct Reference {
    name: String,
    mean: f64,
    sd: f64,
    seeds: usize,
    /// Whether the task has no one answer there.
    singular: bool,
}

fn seeded_reference(file: &str) -> Vec<Reference> {
    let of = |table: &Value| {
        Some(Reference {
            name: table["name"].as_str()?.to_owned(),
            mean: table["mean"].as_f64()?,
            sd: table["sd"].as_f64()?,
            seeds: table["aucs"].as_array()?.len(),
            singular: table["singular"].as_bool().unwrap_or(false),
        })
    };
    recorded(file)["tables"].as_array().into_iter().flatten().filter_map(of).collect()
}

fn recorded(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/reference").join(name);
    let text = fs::read_to_string(path).expect("the reference is part of the repository");
    serde_json::from_str(&text).expect("the reference is JSON")
}

/// What a detector that depends on its seed may be apart whatever its spread.
const A_HUNDREDTH: f64 = 0.01;

/// The mean AUC over some seeds lies within two standard errors, of the difference, of the reference's, or within a
/// margin of it.
fn agrees(data: &Path, id: &str, reference: &Reference, seeds: u64, margin: f64) -> Result<(), Failed> {
    let table = read(&data.join("adbench").join(format!("{}.parquet", reference.name)), "label")?;
    let auc = run(&table, id, &Value::Null, seeds)?.repeats.and_then(|repeats| repeats.auc);
    let auc = auc.ok_or("there is no AUC")?;
    let sd = auc.sd.ok_or("there is no spread")?;
    let variance = sd * sd / auc.runs as f64 + reference.sd * reference.sd / reference.seeds as f64;
    let apart = (auc.mean - reference.mean).abs() / variance.sqrt();
    println!(
        "{id} on {}: {:.4} and the reference {:.4}, {apart:.2} standard errors",
        reference.name, auc.mean, reference.mean
    );
    let near = (auc.mean - reference.mean).abs() <= margin;
    if near || apart <= 2.0 { Ok(()) } else { Err(format!("{apart:.2} standard errors apart").into()) }
}

/// The mean AUC over ten seeds is within 0.01 of PyOD's. Where half of the rows lie in a plane the smallest
/// determinant is 0, of many halves, and PyOD's answer hangs on its seed; ours must then not be below its range.
fn as_robust(data: &Path, reference: &Reference) -> Result<(), Failed> {
    let table = read(&data.join("adbench").join(format!("{}.parquet", reference.name)), "label")?;
    let auc = run(&table, "mcd", &Value::Null, 10)?.repeats.and_then(|repeats| repeats.auc);
    let auc = auc.ok_or("there is no AUC")?.mean;
    println!("mcd on {}: {auc:.4} and PyOD {:.4}", reference.name, reference.mean);
    let fits = match reference.singular {
        true => auc >= reference.mean - A_HUNDREDTH - 2.0 * reference.sd,
        false => (auc - reference.mean).abs() <= A_HUNDREDTH,
    };
    if fits { Ok(()) } else { Err(format!("{auc:.4} and PyOD {:.4}", reference.mean).into()) }
}

/// The mean AUC over twenty seeds is at most 0.02 below that of PyOD's network of the same shape.
fn as_good(data: &Path, reference: &Reference) -> Result<(), Failed> {
    const TOLERANCE: f64 = 0.02;
    let table = read(&data.join("adbench").join(format!("{}.parquet", reference.name)), "label")?;
    let auc = run(&table, "autoencoder", &Value::Null, 20)?.repeats.and_then(|repeats| repeats.auc);
    let auc = auc.ok_or("there is no AUC")?.mean;
    println!("autoencoder on {}: {auc:.4} and PyOD {:.4}", reference.name, reference.mean);
    if auc >= reference.mean - TOLERANCE { Ok(()) } else { Err(format!("{auc:.4} is lower").into()) }
}

/// What PyOD and scikit-learn reach on one table with detectors that have no seed.
struct Classics {
    name: String,
    /// Detector, its parameters and the AUC.
    fits: Vec<(String, Value, f64)>,
}

fn classics_reference() -> Vec<Classics> {
    let fit = |fit: &Value| {
        Some((fit["detector"].as_str()?.to_owned(), fit["parameters"].clone(), fit["auc"].as_f64()?))
    };
    let of = |table: &Value| {
        let fits = table["fits"].as_array()?.iter().filter_map(fit).collect();
        Some(Classics { name: table["name"].as_str()?.to_owned(), fits })
    };
    recorded("classics_adbench.json")["tables"].as_array().into_iter().flatten().filter_map(of).collect()
}

/// Each AUC is the one recorded.
fn classics_agree(data: &Path, reference: &Classics) -> Result<(), Failed> {
    let table = read(&data.join("adbench").join(format!("{}.parquet", reference.name)), "label")?;
    let mut apart = Vec::new();
    for (id, parameters, expected) in &reference.fits {
        let found = run(&table, id, parameters, 1)?.auc.ok_or("there is no AUC")?;
        println!("{}: {id} {parameters}: {found:.6}, recorded {expected:.6}", reference.name);
        if (found - expected).abs() > 1e-6 {
            apart.push(format!("{id} {parameters}: {found} and {expected}"));
        }
    }
    if apart.is_empty() { Ok(()) } else { Err(apart.join("; ").into()) }
}

fn counts_are_labels(data: &Path) -> Result<(), Failed> {
    let path = data.join("tables/lanl_agg_head.csv");
    let header = fs::read_to_string(&path)?.lines().next().unwrap_or_default().to_owned();
    let label =
        header.split(',').find(|name| name.contains("red")).ok_or("there is no red column")?.to_owned();
    let table = read(&path, &format!("{label}>0"))?;
    assert_eq!((table.rows(), table.suspicious()), (9_999, Some(3)));
    Ok(())
}

fn read(path: &Path, label: &str) -> Result<Table, Failed> {
    let request = Request {
        table: path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default(),
        label: Some(Wanted { column: label.to_owned(), required: true }),
        ..Request::default()
    };
    Ok(table::read(path, &request)?)
}

fn run(table: &Table, id: &str, parameters: &Value, repeats: u64) -> Result<Run, Failed> {
    let given = parameters.as_object().cloned().unwrap_or_default();
    let spec = DetectorSpec::parse(id)?.with(&given);
    let plan = Plan { repeats, protocols: Protocols::One(Protocol::InSample), ..Plan::new(vec![spec]) };
    let mut report = experiment::compare(std::slice::from_ref(table), &plan, &Silent)?;
    Ok(report.tables.remove(0).runs.remove(0))
}
