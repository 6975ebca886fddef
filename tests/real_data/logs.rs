//! Real logs: every record is counted, and becomes what it should.

use libtest_mimic::Failed;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use whis_lab::baseline;
use whis_lab::event_features::{self, baseline::built_in};
use whis_lab::ingest::{self, IngestReport, InputReport, Options, Rows};
use whis_lab::progress::Count;
use whis_lab::table::{self, Features, Request};

type Test = fn(&Path) -> Result<(), Failed>;

pub const TESTS: [(&str, Test); 10] = [
    ("logs::every_record_is_counted_by_channel_and_event_id", counted_by_event_id),
    ("logs::every_record_has_one_fate", conserved),
    ("logs::starts_that_are_logged_twice_are_one_row", starts),
    ("logs::every_record_of_privileges_finds_its_logon", privileges),
    ("logs::false_clocks_are_told_as_they_were_measured", clocks),
    ("logs::the_red_team_of_lanl_is_found", red_team),
    ("logs::first_seen_flags_of_lanl_are_those_counted_by_hand", first_seen),
    ("logs::the_order_of_the_files_and_threads_do_not_matter", order),
    ("logs::a_cut_or_flipped_file_loses_no_count", damaged),
    ("logs::a_cut_event_log_says_so", cut),
];

fn read(paths: &[PathBuf], out: Option<&Path>, options: &Options) -> Result<IngestReport, Failed> {
    Ok(ingest::ingest(paths, out, options, &Count::default(), &|_| Ok(()))?)
}

fn check(is_true: bool, problem: impl FnOnce() -> String) -> Result<(), Failed> {
    if is_true { Ok(()) } else { Err(problem().into()) }
}

/// Records by channel and event id.
type Counts = BTreeMap<(String, u32), u64>;

/// The expected counts of each file.
fn expected(data: &Path) -> Result<BTreeMap<String, Counts>, Failed> {
    let mut expected: BTreeMap<String, Counts> = BTreeMap::new();
    for line in fs::read_to_string(data.join("expected_event_counts.csv"))?.lines().skip(1) {
        let mut values = line.rsplitn(3, ',');
        let (Some(count), Some(id), Some(rest)) = (values.next(), values.next(), values.next()) else {
            continue;
        };
        let Some((file, channel)) =
            rest.split_once(".zip,").map(|(f, c)| (format!("{f}.zip"), c)).or_else(|| {
                let ends =
                    [".tar.gz,", ".evtx,"].into_iter().find_map(|end| rest.split_once(end).map(|s| (end, s)));
                ends.map(|(end, (file, channel))| (format!("{file}{}", end.trim_end_matches(',')), channel))
            })
        else {
            continue;
        };
        if let (Ok(id), Ok(count)) = (id.parse(), count.parse::<u64>()) {
            *expected.entry(file).or_default().entry((channel.to_owned(), id)).or_default() += count;
        }
    }
    Ok(expected)
}

fn counted_by_event_id(data: &Path) -> Result<(), Failed> {
    // A newer version of the parser reads more of them than the one that made the expected counts.
    const DIRTY: [(&str, u64); 2] =
        [("sample-with-zero-data-size-event.evtx", 449), ("sample_with_a_bad_chunk_magic.evtx", 301)];
    let expected = expected(data)?;
    let report = read(&[data.join("evtx"), data.join("otrf")], None, &Options::default())?;
    let mut compared = 0;
    for (file, expected) in &expected {
        let own = file.split_once('/').map_or(file.as_str(), |(_, below)| below);
        let Some(input) = report.files.iter().find(|input| input.file == own) else {
            return Err(format!("{file} was not read").into());
        };
        let mut found = Counts::new();
        for (channel, ids) in &input.events {
            for (id, count) in ids {
                *found.entry((channel.clone(), *id)).or_default() += count;
            }
        }
        let dirty = DIRTY.iter().find(|(name, _)| own.ends_with(name));
        match dirty {
            Some((_, records)) => {
                let sum: u64 = found.values().sum();
                check(sum == *records, || format!("{file}: {sum} records instead of {records}"))?;
            }
            None => check(found == *expected, || format!("{file}: {found:?} instead of {expected:?}"))?,
        }
        compared += 1;
    }
    check(compared >= 120, || format!("only {compared} files have expected counts"))?;
    let of = |channel: &str, id: u32| -> u64 {
        let events = report.files.iter().flat_map(|file| &file.events);
        let of_channel = events.filter(|(own, _)| own.to_lowercase().contains(channel));
        of_channel.filter_map(|(_, ids)| ids.get(&id)).sum()
    };
    let found = [4624, 4625, 4648, 4672, 4688].map(|id| of("security", id));
    check(found == [1645, 3563, 116, 1266, 1013], || format!("{found:?}"))?;
    check(of("sysmon", 1) == 1778, || format!("{} starts in Sysmon", of("sysmon", 1)))
}

fn conserved(data: &Path) -> Result<(), Failed> {
    let report = read(&[data.join("evtx"), data.join("otrf"), data.join("lanl")], None, &Options::default())?;
    let lost: Vec<&str> =
        report.files.iter().filter(|file| !file.is_conserved()).map(|file| file.file.as_str()).collect();
    check(lost.is_empty(), || format!("records are lost in {lost:?}"))?;
    let of_evtx = report.files.iter().filter(|file| file.formats.contains("evtx"));
    let sums = of_evtx.fold((0, 0), |(read, rejected), file| {
        let bad: u64 = file.rejected.values().sum();
        (read + file.records - bad, rejected + bad)
    });
    check(sums == (12_700, 16), || format!("{sums:?} records read and rejected"))
}

fn starts(data: &Path) -> Result<(), Failed> {
    // By process id, image and host there are 172 pairs in the first folder; 16 more have their process id in the message only.
    for (folder, rows) in [("nxlog", 716), ("export_winevents", 507), ("winlogbeat_nested", 34)] {
        let report = read(&[data.join("otrf").join(folder)], None, &Options::default())?;
        check(report.rows.process == rows, || format!("{folder}: {:?}", report.rows))?;
    }
    Ok(())
}

fn privileges(data: &Path) -> Result<(), Failed> {
    let otrf =
        ["nxlog", "export_winevents", "winlogbeat_nested"].map(|folder| data.join("otrf").join(folder));
    for (paths, records) in [(otrf.to_vec(), 319), (vec![data.join("evtx")], 946)] {
        let report = read(&paths, None, &Options::default())?;
        let all: u64 =
            report.files.iter().flat_map(|file| file.events.values()).filter_map(|ids| ids.get(&4672)).sum();
        let alone: u64 = report.files.iter().filter_map(|file| file.ignored.get(&4672)).sum();
        check((all, alone) == (records, 0), || format!("{alone} of {all} have no logon"))?;
    }
    Ok(())
}

fn clocks(data: &Path) -> Result<(), Failed> {
    let mut compared = 0;
    let folders = ["export_winevents", "no_at_timestamp"].map(|folder| data.join("otrf").join(folder));
    let report = read(&folders, None, &Options::default())?;
    for line in fs::read_to_string(data.join("otrf_clock_offsets.csv"))?.lines().skip(1) {
        let values: Vec<&str> = line.split(',').collect();
        let [file, "TimeCreated", hours, records] = values[..] else { continue };
        let own = file.rsplit('/').next().unwrap_or(file);
        let Some(input) = report.files.iter().find(|input| input.file == own) else { continue };
        let found = input.clock_hours.get(&hours.parse::<i64>()?).copied();
        check(found == Some(records.parse()?), || {
            format!("{file}: {found:?} records at {hours} h, not {records}")
        })?;
        compared += 1;
    }
    check(compared >= 13, || format!("only {compared} differences were compared"))
}

fn red_team(data: &Path) -> Result<(), Failed> {
    let lanl = data.join("lanl");
    let paths =
        ["auth_day0_first5000_user_lines.txt", "auth_day1_first5000_user_lines.txt", "auth_day7_window.txt"];
    let options =
        Options { assume_history: true, labels: Some(lanl.join("redteam.txt.gz")), ..Options::default() };
    let store = tempfile::tempdir()?;
    let report = read(&paths.map(|path| lanl.join(path)), Some(store.path()), &options)?;
    let labels = report.labels.as_ref().map(|labels| (labels.entries, labels.suspicious));
    check(labels == Some((715, 1)), || format!("{labels:?} labels"))?;
    check(report.rows == Rows { auth: 7175, ..Rows::default() }, || format!("{:?}", report.rows))?;
    let names = ["is_success", "fail_count_1h"].map(str::to_owned).to_vec();
    let request =
        Request { table: "auth".to_owned(), features: Features::Named(names), ..Request::default() };
    let table = table::read(store.path().join("auth_events.parquet").as_path(), &request)?;
    let sum = |at: usize| (0..table.rows()).map(|row| table.features[at].values.real(row)).sum::<f64>();
    let (succeeded, failures) = (sum(0), sum(1));
    check((7175.0 - succeeded, failures) == (65.0, 196.0), || format!("{succeeded} {failures}"))
}

/// The numbers of first pairs among 7,175 logons with unlimited history, counted by a script over the lines.
fn first_seen(data: &Path) -> Result<(), Failed> {
    let lanl = data.join("lanl");
    let paths =
        ["auth_day0_first5000_user_lines.txt", "auth_day1_first5000_user_lines.txt", "auth_day7_window.txt"];
    let store = tempfile::tempdir()?;
    read(&paths.map(|path| lanl.join(path)), Some(store.path()), &Options::default())?;
    let out = store.path().join("baseline");
    let columns = [
        ("first_user_host", 2_724.0),
        ("first_user_src", 1_779.0),
        ("first_src_host", 2_708.0),
        ("first_user", 1_558.0),
        ("first_host", 316.0),
    ];
    let request = baseline::Request {
        store: store.path().to_owned(),
        out: out.clone(),
        columns: built_in()?,
        options: event_features::baseline::Options { settling: 0, ..Default::default() },
        hours: None,
        state: None,
    };
    baseline::add(&request, &Count::default())?;
    let names = columns.iter().map(|(name, _)| (*name).to_owned()).collect();
    let request =
        Request { table: "auth".to_owned(), features: Features::Named(names), ..Request::default() };
    let table = table::read(out.join("auth_events.parquet").as_path(), &request)?;
    for (at, (name, expected)) in columns.into_iter().enumerate() {
        let firsts = (0..table.rows()).map(|row| table.features[at].values.real(row)).sum::<f64>();
        check(firsts == expected, || format!("{name}: {firsts}, not {expected}"))?;
    }
    Ok(())
}

fn order(data: &Path) -> Result<(), Failed> {
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(data.join("otrf/nxlog"))? {
        paths.push(entry?.path());
    }
    paths.push(data.join("evtx/deepblue"));
    let mut stores = Vec::new();
    for threads in [1, 2] {
        paths.reverse();
        let store = tempfile::tempdir()?;
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
        pool.install(|| read(&paths, Some(store.path()), &Options::default()))?;
        let files = ingest::FILES.map(|file| fs::read(store.path().join(file)));
        stores.push(files.into_iter().collect::<Result<Vec<_>, _>>()?);
    }
    check(stores[0] == stores[1], || "the stores differ".to_owned())
}

/// What was before the cut is read, and the cut is one reject.
fn cut(data: &Path) -> Result<(), Failed> {
    let content = fs::read(data.join("evtx/benign_or_mixed/security.evtx"))?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("cut.evtx");
    fs::write(&path, &content[..70_000])?;
    let report = read(&[path], None, &Options::default())?;
    let file = &report.files[0];
    let rejected = file.rejected.get("cut off within a chunk").copied();
    check(rejected == Some(1) && file.records > 50, || {
        format!("{} records, {:?}", file.records, file.rejected)
    })
}

/// Small files are cut at every 4 KiB, and one bit of every 64th byte of the first part is flipped.
fn damaged(data: &Path) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let mut files = Vec::new();
    for below in
        ["evtx/attack_samples", "evtx/dirty", "otrf/azure_loganalytics", "otrf/no_at_timestamp", "lanl"]
    {
        for entry in fs::read_dir(data.join(below))? {
            files.push(entry?.path());
        }
    }
    files.sort();
    let damaged = folder.path().join("damaged");
    let survives = |content: &[u8], what: &str| -> Result<(), Failed> {
        fs::write(&damaged, content)?;
        let report = read(std::slice::from_ref(&damaged), None, &Options::default())?;
        check(report.files.iter().all(InputReport::is_conserved), || format!("records are lost: {what}"))
    };
    for (index, file) in files.iter().enumerate() {
        let content = fs::read(file)?;
        if content.len() > 1 << 21 {
            continue;
        }
        // Every file at some places; each place in some file.
        for cut in (0..content.len()).step_by(4096).skip(index % 16).step_by(16) {
            survives(&content[..cut], &format!("{} cut at {cut}", file.display()))?;
        }
        let mut flipped = content.clone();
        for at in (index..flipped.len()).step_by(64) {
            flipped[at] ^= 1 << (at % 8);
        }
        survives(&flipped, &format!("{} flipped", file.display()))?;
    }
    Ok(())
}
