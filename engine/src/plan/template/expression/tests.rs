use grammar::source::SourceId;
use serde_json::json;

use super::*;

struct Names(Vec<(&'static str, Value)>);

impl Scope for Names {
    fn lookup(&self, name: &str) -> Option<Value> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
    }

    fn succeeded(&self, step: &str) -> Option<bool> {
        (step == "drain").then_some(true)
    }
}

fn names() -> Names {
    Names(vec![
        ("n", Value::Int(3)),
        ("d", Value::Duration(90)),
        ("size", Value::Size(1_000)),
        ("text", Value::String("abc".into())),
        ("flag", Value::Bool(true)),
        ("left_out", Value::None),
        ("version", Value::Version("1.10.0".into())),
        ("day", Value::Date("2021-09-13".into())),
        ("web", Value::List(vec![Value::String("a".into()), Value::String("b".into()), Value::String("c".into())])),
        ("lag", Value::PerHost([("h1".to_owned(), Value::Duration(5)), ("h2".to_owned(), Value::Duration(60))].into())),
        ("h", Value::String("h2".into())),
        ("state", Value::Json(json!({"up": [1, 2], "name": "x"}))),
        ("token", Value::Secret(SecretText::new("hunter2"))),
    ])
}

fn text(source: &str) -> Text {
    Text::verbatim(source, Span::new(SourceId(0), 100, 100 + source.len()))
}

fn eval(source: &str) -> Result<Value, String> {
    Expression::compile(&text(source)).map_err(|error| error.to_string())?.eval(&names()).map_err(|error| error.to_string())
}

#[test]
fn expressions_give_typed_values() {
    let string = |text: &str| Value::String(text.to_owned());
    for (source, value) in [
        ("n + 1", Value::Int(4)),
        ("d * 2", Value::Duration(180)),
        ("d + 30s", Value::Duration(120)),
        ("5d", Value::Duration(432_000)),
        ("size + 100MB", Value::Size(100_001_000)),
        ("2021-09-13", Value::Date("2021-09-13".into())),
        ("day < 2021-09-14", Value::Bool(true)),
        ("day == 2021-09-13 and not flag", Value::Bool(false)),
        ("version > \"1.9\"", Value::Bool(true)),
        ("version >= version(\"1.10\")", Value::Bool(true)),
        ("version(\"2.0-rc1\") < version(\"2.0\")", Value::Bool(true)),
        ("web[0]", string("a")),
        ("web | length > 2", Value::Bool(true)),
        ("web | join(\",\")", string("a,b,c")),
        ("lag[h]", Value::Duration(60)),
        ("lag | max", Value::Duration(60)),
        ("max(lag) < 2m", Value::Bool(true)),
        ("sum(lag) == 65s", Value::Bool(true)),
        ("min(n, 7)", Value::Int(3)),
        ("state.up[1]", Value::Int(2)),
        ("state.name == \"x\" if flag else false", Value::Bool(true)),
        ("left_out is none", Value::Bool(true)),
        ("nothing is defined", Value::Bool(false)),
        ("left_out | default(\"x\")", string("x")),
        ("range(3)", Value::List(vec![Value::Int(0), Value::Int(1), Value::Int(2)])),
        ("dates(2021-02-27, 2021-03-01)", Value::List(["2021-02-27", "2021-02-28", "2021-03-01"].map(|d| Value::Date(d.into())).into())),
        ("web | batch(2)", Value::List(vec![Value::List(vec![string("a"), string("b")]), Value::List(vec![string("c")])])),
        ("[1, 5, 20%]", Value::List(vec![Value::Int(1), Value::Int(5), Value::Percent(20.0)])),
        ("7 % 4", Value::Int(3)),
        ("20%", Value::Percent(20.0)),
        ("succeeded(\"drain\")", Value::Bool(true)),
        ("all([flag, n == 3])", Value::Bool(true)),
        ("text ~ \"-\" ~ n", string("abc-3")),
        ("(n > 1) == (n < 9)", Value::Bool(true)),
        ("max(n,1)>2 and min(n,1)<2", Value::Bool(true)),
        ("not n == 4", Value::Bool(true)),
        ("n not in [1, 2]", Value::Bool(true)),
        ("'b' in web", Value::Bool(true)),
        ("flag and n is not none", Value::Bool(true)),
        ("state | tojson", string(r#"{"name":"x","up":[1,2]}"#)),
        ("flag | string", string("true")),
    ] {
        assert_eq!(eval(source), Ok(value), "{source}");
    }
}

#[test]
fn what_makes_no_sense_is_an_error_and_never_false() {
    for source in [
        "nothing",
        "nothing == 1",
        "state.absent",
        "state.absent == 1",
        "left_out == 1",
        "left_out == none",
        "left_out > 1",
        "text > 1",
        "lag > 5",
        "lag == 5",
        "flag > false",
        "1 < 2 < 3",
        "in-sync",
        "web-1",
        "2021-13-40",
        "90x",
        "n | safe",
        "n | nonsense",
        "nonsense(1)",
        "debug()",
        "n is nonsense",
        "succeeded(text)",
        "succeeded(\"other\")",
        "range(1000000)",
        "\"a\" * 1000000000",
        "n +",
        "n == ",
        "a && b",
        "\"open",
        "",
        "sum(web)",
        "min([])",
        "all(web)",
        ".State.Running",
    ] {
        assert!(eval(source).is_err(), "{source}: {:?}", eval(source));
    }
}

#[test]
fn a_condition_is_true_or_false_and_nothing_else() {
    for source in ["n", "nothing", "left_out", "text", "web", "lag", "none"] {
        assert!(Expression::compile(&text(source)).expect("reads").eval_bool(&names()).is_err(), "{source}");
    }
    assert_eq!(Expression::compile(&text("flag")).expect("reads").eval_bool(&names()), Ok(true));
}

#[test]
fn names_come_with_their_places() {
    let expression = Expression::compile(&text("e.b[web] and (version(\"1\") < version) and x.web == lag | max")).expect("reads");
    let names: Vec<(String, usize)> = expression.names().into_iter().map(|(name, span)| (name, span.start - 100)).collect();
    assert_eq!(names, [("e", 0), ("web", 4), ("version", 29), ("x", 42), ("lag", 51)].map(|(name, at)| (name.to_owned(), at)));
}

#[test]
fn a_mistake_is_shown_where_it_stands() {
    let place = |source: &str| match Expression::compile(&text(source)) {
        Err(error) => error.span(),
        Ok(expression) => expression.eval(&names()).expect_err("fails").span,
    };
    for (source, part) in
        [("d > 90s and n | nonsense", "nonsense"), ("5m > d and nothing.x", "nothing"), ("1 + in-sync", "in-sync"), ("d == 5m or web + ) ", ")")]
    {
        let span = place(source);
        assert_eq!(&source[span.start - 100..span.end - 100][..part.len()], part, "{source}: {span:?}");
    }
}

#[test]
fn text_made_of_a_secret_is_a_secret() {
    assert!(matches!(eval("\"Bearer \" ~ token"), Ok(Value::Secret(_))));
    assert!(matches!(eval("token"), Ok(Value::Secret(_))));
    assert_eq!(eval("token == \"x\""), Ok(Value::Bool(false)));
    assert!(!eval("token + 1").expect_err("not a number").contains("hunter2"));
}

#[test]
fn the_type_is_known_before_the_values_are() {
    let types = |name: &str| names().lookup(name).and_then(|value| value.kind());
    for (source, kind) in [
        ("n", Some(Type::Int)),
        ("d * n + 5s", Some(Type::Duration)),
        ("(web)[0]", None),
        ("web[0]", Some(Type::String)),
        ("lag | max", Some(Type::Duration)),
        ("n + size", Some(Type::Size)),
        ("d + size", None),
        ("text", Some(Type::String)),
        ("n / 2", None),
        ("n if flag else text", None),
        ("n > 3", Some(Type::Bool)),
        ("state.up", None),
        ("text | int", Some(Type::Int)),
        ("text ~ n | int", None),
        ("text | int + 1", None),
        ("text | upper + n", None),
    ] {
        assert_eq!(Expression::compile(&text(source)).expect("reads").static_type(&types), kind, "{source}");
    }
}

#[test]
fn an_expression_comes_back_from_the_journal_as_it_was() {
    let expression = Expression::compile(&text("d > 90s and max(lag) < 5m")).expect("reads");
    let stored = serde_json::to_string(&expression).expect("stores");
    let read: Expression = serde_json::from_str(&stored).expect("reads back");
    assert_eq!(read, expression);
    assert_eq!(read.eval(&names()), expression.eval(&names()));
    assert_eq!(read.names(), expression.names());
}

#[test]
fn one_sign_where_two_compare_is_told_at_its_place() {
    let error = Expression::compile(&text("n = 3")).expect_err("no expression");
    assert_eq!((error.span().start, error.span().end, error.help().as_deref()), (102, 103, Some("write `==`")));
}
