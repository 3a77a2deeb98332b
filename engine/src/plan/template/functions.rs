//! What an expression may call. The list is closed: a name that is not here is a mistake that is found before the
//! run. minijinja's ways around quoting (`safe`, a safe `tojson`) and its view into itself (`debug`) are not in it.

use std::cmp::Ordering;
use std::sync::LazyLock;

use minijinja::value::{Rest, ValueKind};
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, Value as Computed};

use crate::value::{Type, Value, version};

pub(super) const PREFIX: &str = "_rb_";
pub(super) const COMPARE: &str = "_rb_compare";
pub(super) const PERCENT: &str = "_rb_percent";
/// Looked up in the context, because its answer belongs to a run.
pub(super) const SUCCEEDED: &str = "_rb_succeeded";

pub(super) const FUNCTIONS: [&str; 9] = ["version", "dates", "range", "min", "max", "sum", "all", "any", "succeeded"];
pub(super) const FILTERS: [&str; 41] = [
    "abs",
    "all",
    "any",
    "batch",
    "bool",
    "capitalize",
    "count",
    "d",
    "default",
    "dictsort",
    "first",
    "float",
    "int",
    "items",
    "join",
    "last",
    "length",
    "lines",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "select",
    "selectattr",
    "slice",
    "sort",
    "split",
    "string",
    "sum",
    "title",
    "tojson",
    "trim",
    "unique",
    "upper",
    "zip",
];
pub(super) const TESTS: [&str; 19] = [
    "boolean",
    "defined",
    "divisibleby",
    "endingwith",
    "even",
    "false",
    "float",
    "in",
    "integer",
    "iterable",
    "mapping",
    "none",
    "number",
    "odd",
    "sequence",
    "startingwith",
    "string",
    "true",
    "undefined",
];

/// Steps of evaluation that one expression may take.
const FUEL: u64 = 50_000;
/// Items of one `range` or `dates`.
const MOST_ITEMS: usize = 100_000;

pub(super) static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(environment);

fn environment() -> Environment<'static> {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_fuel(Some(FUEL));
    env.set_recursion_limit(50);
    // Without it errors have no place. What it collects besides, the values, is never printed.
    env.set_debug(true);
    for name in ["safe", "escape", "e", "pprint", "attr", "format", "chain", "indent", "groupby"] {
        env.remove_filter(name);
    }
    for name in ["range", "dict", "debug", "namespace"] {
        env.remove_global(name);
    }
    env.add_function(COMPARE, compare);
    env.add_function(PERCENT, |n: f64| Value::Percent(n).to_computed());
    env.add_function("_rb_version", to_version);
    env.add_function("_rb_dates", dates);
    env.add_function("_rb_range", range);
    env.add_filter("tojson", |value: Computed| serde_json::to_string(&value).map_err(|_| refuse("this value has no JSON form")));
    env.add_filter("default", default);
    env.add_filter("d", default);
    env.add_filter("batch", batch);
    env.add_filter("string", |value: Computed| Value::from_computed(&value).map(|value| value.display()).ok_or_else(|| refuse("this has no text")));
    for (name, fold) in [("min", min as fn(Vec<Computed>) -> _), ("max", max), ("sum", sum), ("all", all), ("any", any)] {
        env.add_filter(name, move |value: Computed| fold(items(&value)?));
        env.add_function(format!("{PREFIX}{name}"), move |values: Rest<Computed>| match values.as_slice() {
            [one] if !one.is_number() => fold(items(one)?),
            many => fold(many.to_vec()),
        });
    }
    env
}

fn refuse(why: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, why.into())
}

fn name_of(value: &Computed) -> &'static str {
    match value.kind() {
        ValueKind::Map => "a mapping",
        _ => Value::from_computed(value).map_or("undefined", |value| value.type_name()),
    }
}

fn compare(left: &Computed, operator: &str, right: &Computed) -> Result<bool, Error> {
    if left.is_undefined() || right.is_undefined() {
        return Err(Error::new(ErrorKind::UndefinedError, "one side of the comparison is undefined"));
    }
    if left.is_none() || right.is_none() {
        return Err(refuse(format!("none can't be compared with `{operator}`: ask `is none` first")));
    }
    let order = order(left, right).ok_or_else(|| refuse(format!("{} can't be compared with {}", name_of(left), name_of(right))))?;
    let sorted =
        left.is_number() || left.kind() == ValueKind::String || Value::from_computed(left).is_some_and(|v| matches!(v, Value::Version(_) | Value::Percent(_)));
    match operator {
        "==" => Ok(order.is_eq()),
        "!=" => Ok(order.is_ne()),
        _ if !sorted => Err(refuse(format!("{} has no order", name_of(left)))),
        "<" => Ok(order.is_lt()),
        "<=" => Ok(order.is_le()),
        ">" => Ok(order.is_gt()),
        _ => Ok(order.is_ge()),
    }
}

/// `None`: the two are of different kinds.
fn order(left: &Computed, right: &Computed) -> Option<Ordering> {
    let typed = |value: &Computed| Value::from_computed(value);
    match (typed(left), typed(right)) {
        (Some(Value::Version(a)), Some(Value::Version(b) | Value::String(b))) | (Some(Value::String(a)), Some(Value::Version(b))) => {
            Some(version::compare(&a, &b))
        }
        (Some(Value::Percent(a)), Some(Value::Percent(b))) => a.partial_cmp(&b),
        (Some(Value::Percent(a)), _) if right.is_number() => a.partial_cmp(&f64::try_from(right.clone()).ok()?),
        (_, Some(Value::Percent(b))) if left.is_number() => f64::try_from(left.clone()).ok()?.partial_cmp(&b),
        _ if left.kind() == right.kind() => Some(left.cmp(right)),
        _ => None,
    }
}

fn to_version(text: &Computed) -> Result<Computed, Error> {
    match Value::from_computed(text) {
        Some(version @ Value::Version(_)) => Ok(version.to_computed()),
        Some(Value::String(text)) => Type::Version.read(&text).map(|version| version.to_computed()).map_err(|error| refuse(error.to_string())),
        _ => Err(refuse("`version` takes text in quotes, such as version(\"1.4.0\")")),
    }
}

/// Every day from the first to the last, both included.
fn dates(from: &str, to: &str) -> Result<Vec<String>, Error> {
    let day = |text: &str| text.parse::<jiff::civil::Date>().map_err(|_| refuse("`dates` takes two dates such as 2021-09-13"));
    let (from, to) = (day(from)?, day(to)?);
    let days: Vec<String> = from.series(jiff::Span::new().days(1)).take_while(|day| *day <= to).take(MOST_ITEMS + 1).map(|day| day.to_string()).collect();
    if days.len() > MOST_ITEMS { Err(refuse("`dates` would give more than 100000 days")) } else { Ok(days) }
}

fn range(from: i64, to: Option<i64>) -> Result<Vec<i64>, Error> {
    let (from, to) = to.map_or((0, from), |to| (from, to));
    if to.saturating_sub(from) > MOST_ITEMS as i64 {
        return Err(refuse("`range` would give more than 100000 numbers"));
    }
    Ok((from..to).collect())
}

fn batch(list: &Computed, size: usize) -> Result<Vec<Vec<Computed>>, Error> {
    if size == 0 {
        return Err(refuse("a batch has one item at least"));
    }
    Ok(items(list)?.chunks(size).map(<[_]>::to_vec).collect())
}

/// Also for `none`, which is what an optional param that was left out is.
fn default(value: Computed, instead: Computed) -> Computed {
    if value.is_undefined() || value.is_none() { instead } else { value }
}

/// The items of a list; of one value a host, the values.
fn items(value: &Computed) -> Result<Vec<Computed>, Error> {
    match value.kind() {
        ValueKind::Map => value.try_iter()?.map(|key| value.get_item(&key)).collect(),
        ValueKind::Seq | ValueKind::Iterable => Ok(value.try_iter()?.collect()),
        _ => Err(refuse(format!("{} has no items", name_of(value)))),
    }
}

fn pick(values: Vec<Computed>, wanted: Ordering) -> Result<Computed, Error> {
    let mut values = values.into_iter();
    let first = values.next().ok_or_else(|| refuse("an empty list has no smallest and no largest item"))?;
    values.try_fold(first, |best, value| {
        if best.is_none() || value.is_none() {
            return Err(refuse("none can't be compared"));
        }
        let order = order(&value, &best).ok_or_else(|| refuse(format!("{} can't be compared with {}", name_of(&value), name_of(&best))))?;
        Ok(if order == wanted { value } else { best })
    })
}

fn min(values: Vec<Computed>) -> Result<Computed, Error> {
    pick(values, Ordering::Less)
}

fn max(values: Vec<Computed>) -> Result<Computed, Error> {
    pick(values, Ordering::Greater)
}

fn sum(values: Vec<Computed>) -> Result<Computed, Error> {
    let whole: Option<Vec<i64>> = values.iter().map(|value| value.as_i64().filter(|_| value.is_integer())).collect();
    if let Some(whole) = whole {
        return whole.into_iter().try_fold(0_i64, i64::checked_add).map(Computed::from).ok_or_else(|| refuse("the sum is too large"));
    }
    let total: Option<f64> = values.iter().map(|value| if value.is_number() { f64::try_from(value.clone()).ok() } else { None }).sum();
    total.map(Computed::from).ok_or_else(|| refuse("only numbers have a sum"))
}

fn bools(values: &[Computed]) -> Result<Vec<bool>, Error> {
    let bools: Option<Vec<bool>> = values.iter().map(|value| (value.kind() == ValueKind::Bool).then(|| value.is_true())).collect();
    bools.ok_or_else(|| refuse("`all` and `any` take true and false only"))
}

fn all(values: Vec<Computed>) -> Result<Computed, Error> {
    Ok(Computed::from(bools(&values)?.into_iter().all(|yes| yes)))
}

fn any(values: Vec<Computed>) -> Result<Computed, Error> {
    Ok(Computed::from(bools(&values)?.into_iter().any(|yes| yes)))
}
