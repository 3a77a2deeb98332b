//! What can be said of conditions before their names have values. A condition is tried with every kind of value that
//! its names may have: those that a declaration lists, or, where a name is only compared with literals, each literal
//! and what lies beside it. What can't be tried so may be true or false, so "never" is said only where it is so.

use std::collections::{BTreeMap, BTreeSet};

use grammar::ast::Expr;

use super::names::{Known, NOTHING, Names, whole};
use crate::plan::template::{About, Atom, Logic, Scope};
use crate::value::{Type, Value};

/// The most combinations that are tried.
const MOST: usize = 2_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Truth {
    Always,
    Never,
    Depends,
}

/// What a condition comes to wherever all the others hold.
pub(crate) fn truth(condition: &Expr, given: &[&Expr], names: &Names) -> Truth {
    let Some(condition) = Logic::of(condition) else { return Truth::Depends };
    let given: Vec<Logic> = given.iter().filter_map(|text| Logic::of(text)).collect();
    let Some(world) = World::of(given.iter().chain([&condition]), names) else { return Truth::Depends };
    let (mut may_hold, mut may_fail) = (false, false);
    for case in world.cases() {
        if given.iter().any(|g| world.value(g, &case) == Some(false)) {
            continue;
        }
        // An error stops the run: it is no answer.
        match world.value(&condition, &case) {
            Some(true) => may_hold = true,
            Some(false) => may_fail = true,
            None => {}
        }
    }
    match (may_hold, may_fail) {
        (true, false) => Truth::Always,
        (false, true) => Truth::Never,
        // Neither: what is given can't be, and that is said where it stands.
        _ => Truth::Depends,
    }
}

/// The largest sets of these conditions that may hold together, as their texts. Where that would take too many cases:
/// all of them.
pub(crate) fn together(conditions: &[&Expr], names: &Names) -> Vec<BTreeSet<String>> {
    let read: BTreeMap<&str, Logic> = conditions.iter().filter_map(|text| Some((text.text.trim(), Logic::of(text)?))).collect();
    let Some(world) = World::of(read.values(), names) else { return vec![read.keys().map(|text| (*text).to_owned()).collect()] };
    let mut found: Vec<BTreeSet<String>> = Vec::new();
    for case in world.cases() {
        let holds = read.iter().filter(|(_, logic)| world.value(logic, &case) != Some(false));
        let set: BTreeSet<String> = holds.map(|(text, _)| (*text).to_owned()).collect();
        if !found.iter().any(|other| set.is_subset(other)) {
            found.retain(|other| !other.is_subset(&set));
            found.push(set);
        }
    }
    found
}

/// Something with a few possible values: a name, or a part of which nothing more is known than that it holds or not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Thing {
    Name(String),
    Part(String),
}

/// `None`: without a value.
type Values = Vec<Option<Value>>;

/// One choice of values for all things.
struct Case<'w>(BTreeMap<&'w Thing, &'w Option<Value>>);

impl Scope for Case<'_> {
    fn lookup(&self, name: &str) -> Option<Value> {
        (*self.0.get(&Thing::Name(name.to_owned()))?).clone()
    }
}

struct World {
    things: BTreeMap<Thing, Values>,
}

impl World {
    /// `None`: too many cases.
    fn of<'l>(conditions: impl Iterator<Item = &'l Logic>, names: &Names) -> Option<Self> {
        let atoms: Vec<&Atom> = conditions.flat_map(Logic::atoms).collect();
        let mentioned: BTreeSet<String> = atoms.iter().flat_map(|atom| atom.expression.names()).map(|(name, _)| name).collect();
        let mut all: BTreeMap<String, Values> = BTreeMap::new();
        let mut samples: BTreeMap<String, Values> = BTreeMap::new();
        for name in mentioned {
            let Some(known) = names.get(&name) else { continue };
            let asked: Vec<&About> = atoms.iter().filter_map(|atom| atom.about.as_ref()).filter(|about| about.name == name).collect();
            if let Some(values) = listed(known) {
                all.insert(name, with_none(values, known));
            } else if let Some(values) = sampled(known, &asked) {
                samples.insert(name, with_none(values, known));
            }
        }
        let mut things = BTreeMap::new();
        for atom in atoms {
            let names = atom.expression.names();
            let find = |name: &String| all.get(name).or_else(|| samples.get(name).filter(|_| atom.about.is_some()));
            let found: Option<Vec<&Values>> = names.iter().map(|(name, _)| find(name)).collect();
            match found.filter(|_| atom.expression.steps_asked().is_empty()) {
                Some(found) => things.extend(names.into_iter().zip(found).map(|((name, _), values)| (Thing::Name(name), values.clone()))),
                None => {
                    things.insert(part(atom), vec![Some(Value::Bool(true)), Some(Value::Bool(false))]);
                }
            }
        }
        let cases = things.values().try_fold(1_usize, |cases, values| cases.checked_mul(values.len()).filter(|n| *n <= MOST));
        cases.map(|_| Self { things })
    }

    fn cases(&self) -> Vec<Case<'_>> {
        let mut cases = vec![Case(BTreeMap::new())];
        for (thing, values) in &self.things {
            cases =
                cases.iter().flat_map(|case| values.iter().map(|value| Case(case.0.iter().map(|(t, v)| (*t, *v)).chain([(thing, value)]).collect()))).collect();
        }
        cases
    }

    /// `None`: an error.
    fn value(&self, logic: &Logic, case: &Case<'_>) -> Option<bool> {
        match logic {
            Logic::Not(inside) => self.value(inside, case).map(|yes| !yes),
            Logic::All(parts) => settled(parts.iter().map(|part| self.value(part, case)), false),
            Logic::Any(parts) => settled(parts.iter().map(|part| self.value(part, case)), true),
            Logic::Atom(atom) => match case.0.get(&part(atom)) {
                Some(value) => Some(matches!(value, Some(Value::Bool(true)))),
                None => atom.expression.eval_bool(case).ok(),
            },
        }
    }
}

/// One part that is `by` settles the whole; else each must be known.
fn settled(parts: impl Iterator<Item = Option<bool>>, by: bool) -> Option<bool> {
    let parts: Vec<Option<bool>> = parts.collect();
    if parts.contains(&Some(by)) {
        return Some(by);
    }
    (!parts.contains(&None)).then_some(!by)
}

fn part(atom: &Atom) -> Thing {
    Thing::Part(atom.expression.source_text().text.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn with_none(values: Vec<Value>, known: &Known) -> Values {
    let optional = matches!(known.kind, Some(Type::Optional(_))).then_some(Some(Value::None));
    let unset = known.may_be_unset.then_some(None);
    values.into_iter().map(Some).chain(optional).chain(unset).collect()
}

/// All the values that there are.
fn listed(known: &Known) -> Option<Vec<Value>> {
    let is_bool = known.kind.as_ref().is_some_and(|kind| *kind.present() == Type::Bool);
    known.among.clone().or_else(|| is_bool.then(|| vec![Value::Bool(true), Value::Bool(false)]))
}

/// One value of each kind that these questions can tell apart.
fn sampled(known: &Known, asked: &[&About]) -> Option<Vec<Value>> {
    let kind = known.kind.as_ref()?.present();
    let literals: Vec<Value> = asked.iter().flat_map(|about| &about.literals).map(|l| l.eval(&NOTHING).ok()).collect::<Option<_>>()?;
    let ordered = asked.iter().any(|about| about.ordered);
    match kind {
        Type::Int => whole_numbers(known, &literals).map(|all| all.into_iter().map(Value::Int).collect()),
        Type::Duration | Type::Size => {
            let of = if *kind == Type::Duration { Value::Duration } else { Value::Size };
            whole_numbers(known, &literals).map(|all| all.into_iter().filter_map(|n| u64::try_from(n).ok()).map(of).collect())
        }
        Type::String | Type::Path | Type::Url | Type::Host if !ordered => {
            let mut values: Vec<Value> = literals.iter().map(|value| Value::String(value.display())).collect();
            let other = (0..).map(|n| format!("something-else-{n}")).find(|text| values.iter().all(|v| v.display() != *text))?;
            values.push(Value::String(other));
            Some(values)
        }
        _ => None,
    }
}

/// Each literal with its neighbours, and the bounds.
fn whole_numbers(known: &Known, literals: &[Value]) -> Option<BTreeSet<i64>> {
    let mut all: BTreeSet<i64> =
        literals.iter().map(|v| whole(v).map(|n| [n.saturating_sub(1), n, n.saturating_add(1)])).collect::<Option<Vec<_>>>()?.concat().into_iter().collect();
    all.extend([known.least, known.most, Some(0)].into_iter().flatten());
    let (least, most) = (known.least.unwrap_or(i64::MIN), known.most.unwrap_or(i64::MAX));
    all.retain(|n| (least..=most).contains(n));
    (!all.is_empty()).then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{NoFiles, check};
    use crate::plan::tests::parsed;
    use grammar::source::{Span, Text};

    const HEAD: &str = "runbook x {
        param mode: string { one_of [\"fast\", \"slow\"] }
        param name: string
        param maybe: string?
        param n: int { min 1; max 10 }
        param wait: duration
        param dry: bool
        target h: host = \"h1\"
        fact load: float on h = `cut -d. -f1 /proc/loadavg`
        gate how \"?\" { choices [\"now\", \"later\", \"no\"]\n timeout 1h then park }
        for x in [\"a\", \"b\"] { step s on h { run `echo {{ x }} {{ mode }} {{ name }} {{ n }} {{ wait }} {{ dry }} {{ load }} {{ how }}` } }
      }";

    fn said(condition: &str, given: &[&str]) -> Truth {
        let program = check(parsed("t.runbook", HEAD), &mut NoFiles).unwrap_or_else(|e| panic!("{e:#?}"));
        let names = Names::of(program.runbook().expect("a runbook"), &program);
        let text = |t: &str| Text::verbatim(t, Span::default());
        let given: Vec<Text> = given.iter().map(|t| text(t)).collect();
        truth(&text(condition), &given.iter().collect::<Vec<_>>(), &names)
    }

    #[test]
    fn what_can_never_be_is_found() {
        for condition in [
            "false",
            "1 > 2",
            "not true",
            "name == \"a\" and name == \"b\"",
            "mode == \"medium\"",
            "mode != \"fast\" and mode != \"slow\"",
            "mode not in [\"fast\", \"slow\"]",
            "mode | upper == \"fast\"",
            "n > 10",
            "n < 1 or n > 20",
            "wait < 5m and wait > 10m",
            "dry and not dry",
            "x == \"c\"",
            "how == \"never\"",
            "name in []",
            "max(h) > load and not max(h) > load",
            "dry and 1 > 2",
            "maybe is none and maybe is not none",
        ] {
            assert_eq!(said(condition, &[]), Truth::Never, "{condition}");
            assert_eq!(said(&format!("not ({condition})"), &[]), Truth::Always, "not ({condition})");
        }
    }

    #[test]
    fn what_may_be_is_left_alone() {
        for condition in [
            "name == \"a\"",
            "name == \"a\" or name == \"b\"",
            "name != \"a\" and name != \"b\"",
            "mode == \"fast\"",
            "n > 9",
            "n == 5",
            "wait >= 5m and wait <= 5m",
            "dry",
            "load > 3.0 and load < 4.0",
            "load > 3.0 and load < 2.0 and h == \"h1\"",
            "x == \"a\"",
            "how == \"later\"",
            "how is defined",
            "how == \"no\"",
            "how is defined and how == \"now\"",
            "maybe is none",
            "maybe is not none and maybe == \"x\"",
            "name | length > 3 and name == \"a\"",
            "name < \"m\" and name > \"z\"",
            "name[0] == \"a\" and name[0] == \"b\"",
            "vars[h].role == \"primary\"",
            "nobody == 1",
            "now > \"2026\"",
        ] {
            assert_eq!(said(condition, &[]), Truth::Depends, "{condition}");
        }
    }

    #[test]
    fn the_conditions_around_count() {
        assert_eq!(said("mode == \"slow\"", &["mode == \"fast\""]), Truth::Never);
        assert_eq!(said("mode != \"slow\"", &["mode == \"fast\""]), Truth::Always);
        assert_eq!(said("dry", &["dry or n > 3"]), Truth::Depends);
        assert_eq!(said("n > 2", &["n > 3"]), Truth::Always);
        assert_eq!(said("dry", &["false"]), Truth::Depends, "what is around it is to blame");
    }

    #[test]
    fn conditions_that_exclude_each_other_hold_apart() {
        let program = check(parsed("t.runbook", HEAD), &mut NoFiles).unwrap_or_else(|e| panic!("{e:#?}"));
        let names = Names::of(program.runbook().expect("a runbook"), &program);
        let texts: Vec<Text> = ["mode == \"fast\"", "mode == \"slow\"", "dry"].iter().map(|t| Text::verbatim(*t, Span::default())).collect();
        let mut sets = together(&texts.iter().collect::<Vec<_>>(), &names);
        sets.sort();
        let wanted = [["dry", "mode == \"fast\""], ["dry", "mode == \"slow\""]];
        assert_eq!(sets, wanted.map(|set| set.map(str::to_owned).into()).to_vec());
        assert_eq!(together(&[], &names), [BTreeSet::new()]);
    }

    #[test]
    fn too_many_cases_are_not_tried() {
        let many = (0..400).map(|n| format!("name == \"{n}\" and wait > {n}s and n > {n}")).collect::<Vec<_>>().join(" and ");
        assert_eq!(said(&many, &[]), Truth::Depends);
    }
}
