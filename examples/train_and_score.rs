//! Train a model, write it, read it again and score a stream of JSON lines with it:
//! `cargo run --release --example train_and_score -- flows.csv`

use std::env;
use std::io;
use std::path::PathBuf;
use whis_lab::model::{Model, TrainOptions, score, train};
use whis_lab::table::{Request, read};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = PathBuf::from(env::args().nth(1).unwrap_or_else(|| "fixtures/flows.csv".to_owned()));
    let request = Request { table: "flows".to_owned(), ..Request::default() };
    let trained = train(&read(&file, &request)?, &TrainOptions::default())?;

    let path = env::temp_dir().join("flows.whis");
    Model::new(&[trained.model])?.write(&path)?;
    let model = Model::read(&path)?;

    let stream = r#"{"duration_s":4000,"bytes_out":9e9,"packets":2,"protocol":"tcp"}"#;
    let options = score::Options { explain: Some(2), ..Default::default() };
    let rejected =
        &mut |line: score::Rejected<'_>| Err(whis_lab::error::Error::Request(line.problem.to_string()));
    score::score_lines(stream.as_bytes(), model.table(None)?, &options, &mut io::stdout(), rejected)?;
    Ok(())
}
