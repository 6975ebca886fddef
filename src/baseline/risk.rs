//! Who to look at, and why: the risk of an entity on a day.
//!
//! The risk is the sum over families of -log10 p, each at most 6. p is the share of rows of the store with a value at least
//! as suspicious, of the entity's most suspicious row of the day, corrected for the number of its rows (Šidák 1967). A
//! family counts once, by its most suspicious column, so that five views of one new host are one reason.

use super::output::columns_file;
use super::tail::Tail;
use crate::error::{Error, Result};
use crate::event_features::baseline::{BaselineColumn, EntityKind, from_json};
use crate::event_features::calendar::DAY;
use crate::files;
use crate::progress::Count;
use crate::schema::{self, Kind};
use crate::table::{self, Batch, Batches, Categories, Column, Values};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The most that a family adds.
const MOST: f64 = 6.0;
/// A family that adds less is no reason.
const LEAST: f64 = 1.0;

/// Whose risk, and of which rows.
#[derive(Clone, Debug)]
pub struct RiskRequest {
    /// A store with baseline columns.
    pub store: PathBuf,
    /// Whose risk.
    pub by: EntityKind,
    /// Rows of the first days are left out, in microseconds.
    pub warm_up: i64,
}

/// The risk of an entity on a day.
#[derive(Clone, Debug, Serialize)]
pub struct Risk {
    /// The day in UTC.
    pub day: String,
    /// The entity, as the store names it.
    pub entity: String,
    /// The sum over families.
    pub risk: f64,
    /// The families that add at least 1, the highest first.
    pub reasons: Vec<Reason>,
    /// The number of its rows on that day.
    pub rows: u64,
    /// The attacks that rows of the day belong to, if the store knows them. They are not used.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attack_ids: Vec<String>,
}

/// What a family adds to a risk.
#[derive(Clone, Debug, Serialize)]
pub struct Reason {
    /// The family.
    pub family: String,
    /// The column.
    pub column: String,
    /// Its value at the most suspicious row.
    pub value: f64,
    /// -log10 p.
    pub risk: f64,
    /// In words.
    pub text: String,
}

/// The risks of a store.
#[derive(Clone, Debug, Serialize)]
pub struct Risks {
    /// The version of this format.
    pub format: u32,
    /// Whose risks.
    pub by: &'static str,
    /// The number of entities and days with a row.
    pub entity_days: u64,
    /// The number of days.
    pub days: u64,
    /// The highest first; equal ones by day and name.
    pub risks: Vec<Risk>,
    /// All attacks of the store.
    #[serde(skip)]
    pub attacks: BTreeSet<String>,
}

/// The risks of all entities and days.
///
/// # Errors
/// If the store has no baseline columns, or cannot be read.
pub fn risks(request: &RiskRequest, read: &Count) -> Result<Risks> {
    let columns = columns_of(&request.store)?;
    let mut days: BTreeMap<(i64, String), EntityDay> = BTreeMap::new();
    let mut attacks = BTreeSet::new();
    for schema in schema::built_in()? {
        let own: Vec<&BaselineColumn> =
            columns.iter().filter(|column| column.table == schema.table).collect();
        let Some(path) = table::in_store(&request.store, &schema.table)?.filter(|_| !own.is_empty()) else {
            continue;
        };
        let by = entity_column(request.by, &schema.table);
        let batches = Batches::open(&path, 1 << 16, false)?.counted_by(read);
        let Some(by) = by.filter(|by| batches.names().iter().any(|name| name == by)) else { continue };
        let time = schema.time.unwrap_or_default();
        let mut of_table = OfTable::new(own, by, &time, request.warm_up);
        for batch in batches.again() {
            of_table.learn(&batch?)?;
        }
        of_table.tails.iter_mut().for_each(Tail::finish);
        for batch in batches {
            of_table.judge(&batch?, &mut days, &mut attacks)?;
        }
        of_table.finish(&mut days);
    }
    let number = days.keys().map(|(day, _)| day).collect::<BTreeSet<_>>().len() as u64;
    let entity_days = days.len() as u64;
    let mut risks: Vec<Risk> =
        days.into_iter().filter_map(|((day, entity), own)| own.into_risk(day, entity)).collect();
    risks.sort_by(|a, b| {
        b.risk.total_cmp(&a.risk).then_with(|| a.day.cmp(&b.day)).then_with(|| a.entity.cmp(&b.entity))
    });
    Ok(Risks { format: 1, by: request.by.name(), entity_days, days: number, risks, attacks })
}

impl Risks {
    /// Keep at most `number` risks of each day.
    pub fn keep_per_day(&mut self, number: usize) {
        let mut kept: BTreeMap<String, usize> = BTreeMap::new();
        self.risks.retain(|risk| {
            let count = kept.entry(risk.day.clone()).or_default();
            *count += 1;
            *count <= number
        });
    }

    /// The attacks of the store with a day in the list; `None` if the store knows none.
    pub fn found(&self) -> Option<(usize, usize)> {
        let found: BTreeSet<&String> = self.risks.iter().flat_map(|risk| &risk.attack_ids).collect();
        (!self.attacks.is_empty()).then_some((found.len(), self.attacks.len()))
    }

    /// One row for each risk.
    pub fn columns(&self) -> Vec<Column> {
        let column = |name: &str, values: Values| Column { name: name.to_owned(), values };
        let text = |value: &dyn Fn(&Risk) -> String| {
            Values::Text(self.risks.iter().map(|risk| Some(value(risk))).collect::<Categories>())
        };
        let reasons = |risk: &Risk| {
            risk.reasons.iter().map(|reason| reason.text.clone()).collect::<Vec<_>>().join("; ")
        };
        vec![
            column("day", text(&|risk| risk.day.clone())),
            column(self.by, text(&|risk| risk.entity.clone())),
            column("risk", Values::Real(self.risks.iter().map(|risk| risk.risk).collect())),
            column("rows", Values::Integer(self.risks.iter().map(|risk| risk.rows as i64).collect())),
            column("reasons", text(&reasons)),
            column("attack_ids", text(&|risk| risk.attack_ids.join(" "))),
        ]
    }
}

/// The columns that were added to a store.
fn columns_of(store: &Path) -> Result<Vec<BaselineColumn>> {
    let path = store.join(columns_file());
    if store.is_dir() && !path.is_file() {
        return Err(Error::input(
            store,
            "the store has no baseline columns; add them with `whis-lab baseline`",
        ));
    }
    from_json(&files::text(&path)?).map_err(|e| Error::input(&path, e))
}

fn entity_column(by: EntityKind, table: &str) -> Option<&'static str> {
    match (by, table) {
        (EntityKind::User, "admin_events") => Some("actor_user_hash"),
        (EntityKind::User, _) => Some("user_hash"),
        (EntityKind::Host, _) => Some("host"),
        (EntityKind::Source, "auth_events") => Some("src_ip_hash"),
        (EntityKind::Source, _) => None,
    }
}

/// What is known of an entity on a day.
#[derive(Debug, Default)]
struct EntityDay {
    rows: u64,
    reasons: BTreeMap<String, Reason>,
    attacks: BTreeSet<String>,
}

impl EntityDay {
    fn add(&mut self, reason: Reason) {
        match self.reasons.get(&reason.family) {
            Some(known) if known.risk >= reason.risk => {}
            _ => drop(self.reasons.insert(reason.family.clone(), reason)),
        }
    }

    fn into_risk(self, day: i64, entity: String) -> Option<Risk> {
        let mut reasons: Vec<Reason> = self.reasons.into_values().collect();
        reasons.sort_by(|a, b| b.risk.total_cmp(&a.risk).then_with(|| a.column.cmp(&b.column)));
        let risk = reasons.iter().map(|reason| reason.risk).sum();
        let day = table::rfc3339(day * DAY)?.get(..10)?.to_owned();
        let attack_ids = self.attacks.into_iter().collect();
        (risk > 0.0).then_some(Risk { day, entity, risk, reasons, rows: self.rows, attack_ids })
    }
}

/// The pass over a table.
struct OfTable<'a> {
    columns: Vec<&'a BaselineColumn>,
    by: &'a str,
    time: &'a str,
    warm_up: i64,
    start: Option<i64>,
    tails: Vec<Tail>,
    today: i64,
    /// For each entity of today, its rows, and for each column the smallest p with its number of values.
    open: BTreeMap<String, (u64, Vec<Option<Best>>)>,
}

/// The most suspicious value of a column on a day.
#[derive(Clone, Debug)]
struct Best {
    p: f64,
    values: u32,
    value: f64,
    text: String,
}

impl<'a> OfTable<'a> {
    fn new(columns: Vec<&'a BaselineColumn>, by: &'a str, time: &'a str, warm_up: i64) -> Self {
        let tails = columns.iter().map(|column| Tail::new(column.is_low)).collect();
        let open = BTreeMap::new();
        OfTable { columns, by, time, warm_up, start: None, tails, today: i64::MIN, open }
    }

    /// The rows after the warm-up.
    fn rows(&mut self, times: &[i64]) -> Vec<usize> {
        let start = *self.start.get_or_insert(times.first().copied().unwrap_or_default());
        let since = start.saturating_add(self.warm_up);
        (0..times.len()).filter(|&row| times[row] >= since).collect()
    }

    fn values(&self, batch: &Batch) -> Result<Vec<Option<Column>>> {
        self.columns.iter().map(|column| batch.feature(&column.name, Kind::Numeric)).collect()
    }

    fn learn(&mut self, batch: &Batch) -> Result<()> {
        let rows = self.rows(&batch.times(self.time)?);
        for (tail, column) in self.tails.iter_mut().zip(self.columns.iter()) {
            if let Some(values) = batch.feature(&column.name, Kind::Numeric)? {
                rows.iter().for_each(|&row| tail.add(values.values.real(row)));
            }
        }
        Ok(())
    }

    fn judge(
        &mut self,
        batch: &Batch,
        days: &mut BTreeMap<(i64, String), EntityDay>,
        attacks: &mut BTreeSet<String>,
    ) -> Result<()> {
        let times = batch.times(self.time)?;
        let entities = batch.texts(self.by)?;
        let values = self.values(batch)?;
        let texts = self.texts(batch)?;
        let attack = batch.has("attack_id").then(|| batch.texts("attack_id")).transpose()?;
        for row in self.rows(&times) {
            let day = times[row].div_euclid(DAY);
            if day != self.today {
                self.finish(days);
                self.today = day;
            }
            let Some(entity) = entities.level(row) else { continue };
            if let Some(attack) = attack.as_ref().and_then(|attack| attack.level(row)) {
                attacks.insert(attack.to_owned());
                let own = days.entry((day, entity.to_owned())).or_default();
                own.attacks.insert(attack.to_owned());
            }
            self.see(row, entity, &values, &texts);
        }
        Ok(())
    }

    fn see(
        &mut self,
        row: usize,
        entity: &str,
        values: &[Option<Column>],
        texts: &BTreeMap<String, Categories>,
    ) {
        if !self.open.contains_key(entity) {
            self.open.insert(entity.to_owned(), (0, vec![None; self.columns.len()]));
        }
        let Some((rows, best)) = self.open.get_mut(entity) else { return };
        *rows += 1;
        for (at, values) in values.iter().enumerate() {
            let Some(value) =
                values.as_ref().map(|own| own.values.real(row)).filter(|value| value.is_finite())
            else {
                continue;
            };
            let p = self.tails[at].p(value);
            let known = best[at].get_or_insert(Best { p: 2.0, values: 0, value, text: String::new() });
            known.values += 1;
            if p < known.p {
                // The words are needed only if this may become a reason.
                let is_rare = p < 0.1;
                let text = if is_rare { words(self.columns[at], value, row, texts) } else { String::new() };
                *known = Best { p, values: known.values, value, text };
            }
        }
    }

    /// The columns that reasons name.
    fn texts(&self, batch: &Batch) -> Result<BTreeMap<String, Categories>> {
        let mut texts = BTreeMap::new();
        for name in self.columns.iter().flat_map(|column| &column.of) {
            let is_named = self.columns.iter().any(|column| column.reason.contains(&format!("{{{name}}}")));
            if is_named && !texts.contains_key(name) {
                texts.insert(name.clone(), batch.texts(name)?);
            }
        }
        Ok(texts)
    }

    /// The day ends.
    fn finish(&mut self, days: &mut BTreeMap<(i64, String), EntityDay>) {
        for (entity, (rows, best)) in std::mem::take(&mut self.open) {
            let own = days.entry((self.today, entity)).or_default();
            own.rows += rows;
            for (column, best) in self.columns.iter().zip(best) {
                let Some(best) = best else { continue };
                // ln(1 - (1 - p)^n), without losing small p.
                let p = -f64::exp_m1(f64::from(best.values) * f64::ln_1p(-best.p.min(1.0)));
                let risk = (-p.max(1e-300).log10()).min(MOST);
                if risk >= LEAST {
                    let (family, name) = (column.family.clone(), column.name.clone());
                    own.add(Reason { family, column: name, value: best.value, risk, text: best.text });
                }
            }
        }
    }
}

/// A value in an analyst's words.
fn words(column: &BaselineColumn, value: f64, row: usize, texts: &BTreeMap<String, Categories>) -> String {
    let number = if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.1}") };
    let mut text =
        column.reason.replace("{value}", &number).replace("{percent}", &format!("{:.0} %", 100.0 * value));
    if let Some(span) = column.span {
        text = text.replace("{span}", &span.to_string());
    }
    for (name, values) in texts {
        text = text.replace(&format!("{{{name}}}"), values.level(row).unwrap_or("?"));
    }
    text
}
